import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'

/** Light or dark, as the page is. */
export type Theme = 'light' | 'dark'

/** Colours of the ground; the page's own lines and pins take theirs from the page's tokens. */
export type MapColors = {
  ground: string
  town: string
  work: string
  wood: string
  park: string
  field: string
  water: string
  building: string
  road: string
  roadEdge: string
  motorway: string
  path: string
  rail: string
  border: string
  label: string
  waterLabel: string
  ring: string
  toGo: string
  toGoEdge: string
  taken: string
}

const light: MapColors = {
  ground: '#f3f1ec',
  town: '#eeebe5',
  work: '#e9e7e6',
  wood: '#d5e3cd',
  park: '#dbe9d2',
  field: '#e8ecdb',
  water: '#b9d5ea',
  building: '#e0dcd4',
  road: '#ffffff',
  roadEdge: '#d9d4cb',
  motorway: '#fdeccb',
  path: '#cfc8bc',
  rail: '#cbc7c0',
  border: '#a9a3b5',
  label: '#545862',
  waterLabel: '#4b7896',
  ring: '#d9d5cc',
  toGo: '#2456e6',
  toGoEdge: '#ffffff',
  taken: '#a9bbe9',
}

const dark: MapColors = {
  ground: '#14171c',
  town: '#181c22',
  work: '#1b1f26',
  wood: '#15211a',
  park: '#17261c',
  field: '#171e1a',
  water: '#0d2337',
  building: '#20252d',
  road: '#3a424e',
  roadEdge: '#14171c',
  motorway: '#453f33',
  path: '#333a44',
  rail: '#2b3038',
  border: '#5b5670',
  label: '#a3abb8',
  waterLabel: '#5c8fb5',
  ring: '#272c34',
  toGo: '#7fa4ff',
  toGoEdge: '#0f1216',
  taken: '#3d4f7d',
}

/** The colours of a theme. */
export const mapColors = (theme: Theme): MapColors => (theme === 'dark' ? dark : light)

/** The font of labels: the system's, drawn in the browser, so that no glyph files are needed. */
export const mapFont = ['system-ui, -apple-system, "Segoe UI", Roboto, sans-serif']

/** A ground with nothing on it: what is shown where there are no tiles. */
export function plainStyle(theme: Theme): StyleSpecification {
  return { version: 8, sources: {}, layers: [background(mapColors(theme))] }
}

/** The map made of our own tiles (layers place, border, green, land, water, stream, building, road). */
export function tileStyle(theme: Theme, tilesUrl: string, credit: string): StyleSpecification {
  const colors = mapColors(theme)
  return {
    version: 8,
    sources: { ground: { type: 'vector', url: `pmtiles://${tilesUrl}`, attribution: credit } },
    layers: [background(colors), ...areas(colors), ...roads(colors), ...labels(colors)],
  }
}

function background(colors: MapColors): LayerSpecification {
  return { id: 'background', type: 'background', paint: { 'background-color': colors.ground } }
}

function areas(colors: MapColors): LayerSpecification[] {
  return [
    {
      id: 'land',
      type: 'fill',
      source: 'ground',
      'source-layer': 'land',
      paint: { 'fill-color': ['match', ['get', 'class'], 'work', colors.work, colors.town] },
    },
    {
      id: 'green',
      type: 'fill',
      source: 'ground',
      'source-layer': 'green',
      paint: { 'fill-color': ['match', ['get', 'class'], 'wood', colors.wood, 'park', colors.park, colors.field] },
    },
    { id: 'water', type: 'fill', source: 'ground', 'source-layer': 'water', paint: { 'fill-color': colors.water } },
    {
      id: 'stream',
      type: 'line',
      source: 'ground',
      'source-layer': 'stream',
      paint: {
        'line-color': colors.water,
        'line-width': byZoom(['match', ['get', 'class'], 'river', 2, 'canal', 1.4, 0.7], 12, 16, 4),
      },
    },
    {
      id: 'building',
      type: 'fill',
      source: 'ground',
      'source-layer': 'building',
      minzoom: 14,
      paint: {
        'fill-color': colors.building,
        'fill-opacity': ['interpolate', ['linear'], ['zoom'], 14, 0, 15, 1],
      },
    },
    {
      id: 'border',
      type: 'line',
      source: 'ground',
      'source-layer': 'border',
      paint: { 'line-color': colors.border, 'line-width': 1, 'line-dasharray': [4, 2, 1, 2], 'line-opacity': 0.7 },
    },
  ]
}

/** The width at zoom 14 of each class of road, in pixels. */
const roadWidth = [
  'match',
  ['get', 'class'],
  'motorway',
  5,
  ['trunk', 'primary'],
  4.2,
  'secondary',
  3.6,
  'tertiary',
  3,
  'minor',
  2,
  1.1,
] as const

const wide = ['motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'minor', 'service']

function roads(colors: MapColors): LayerSpecification[] {
  const drivable = ['in', ['get', 'class'], ['literal', wide]]
  const base = { type: 'line', source: 'ground', 'source-layer': 'road' } as const
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const
  return [
    {
      ...base,
      id: 'path',
      minzoom: 14,
      filter: ['in', ['get', 'class'], ['literal', ['path', 'track']]],
      paint: { 'line-color': colors.path, 'line-width': 1, 'line-dasharray': [3, 2] },
    },
    {
      ...base,
      id: 'rail',
      filter: ['==', ['get', 'class'], 'rail'],
      paint: { 'line-color': colors.rail, 'line-width': byZoom(1, 11, 16, 2) },
    },
    {
      ...base,
      id: 'road-edge',
      minzoom: 11,
      filter: drivable as never,
      layout: round,
      paint: { 'line-color': colors.roadEdge, 'line-width': byZoom(['+', roadWidth, 1.6], 14, 18, 6) },
    },
    {
      ...base,
      id: 'road',
      filter: drivable as never,
      layout: {
        ...round,
        'line-sort-key': ['match', ['get', 'class'], 'motorway', 3, ['trunk', 'primary'], 2, 'secondary', 1, 0],
      },
      paint: {
        'line-color': ['match', ['get', 'class'], 'motorway', colors.motorway, colors.road],
        'line-width': byZoom(roadWidth, 14, 18, 6),
      },
    },
  ]
}

function labels(colors: MapColors): LayerSpecification[] {
  const halo = { 'text-halo-color': colors.ground, 'text-halo-width': 1.4 } as const
  return [
    {
      id: 'road-name',
      type: 'symbol',
      source: 'ground',
      'source-layer': 'road',
      minzoom: 13,
      filter: ['all', ['has', 'name'], ['!=', ['get', 'class'], 'rail']],
      layout: {
        'symbol-placement': 'line',
        'text-field': ['get', 'name'],
        'text-font': mapFont,
        'text-size': ['interpolate', ['linear'], ['zoom'], 13, 10.5, 17, 13],
        'text-letter-spacing': 0.01,
        'symbol-spacing': 360,
      },
      paint: { 'text-color': colors.label, ...halo },
    },
    {
      id: 'water-name',
      type: 'symbol',
      source: 'ground',
      'source-layer': 'stream',
      minzoom: 12,
      filter: ['all', ['has', 'name'], ['==', ['get', 'class'], 'river']],
      layout: {
        'symbol-placement': 'line',
        'text-field': ['get', 'name'],
        'text-font': mapFont,
        'text-size': 11,
        'symbol-spacing': 500,
      },
      paint: { 'text-color': colors.waterLabel, ...halo },
    },
    {
      id: 'place',
      type: 'symbol',
      source: 'ground',
      'source-layer': 'place',
      filter: ['!=', ['get', 'class'], 'country'],
      layout: {
        'text-field': ['get', 'name'],
        'text-font': mapFont,
        'text-size': ['match', ['get', 'class'], 'city', 16, 'town', 15, 'village', 14, 12],
        'symbol-sort-key': ['match', ['get', 'class'], 'city', 0, 'town', 1, 'village', 2, 3],
        'text-max-width': 7,
        'text-padding': 8,
        // Beside a pin rather than under it.
        'text-variable-anchor-offset': besideAPin,
      },
      paint: { 'text-color': colors.label, ...halo, 'text-halo-width': 1.8 },
    },
  ]
}

/** Where a name may stand when its middle is taken, in units of its size. */
const besideAPin: (string | [number, number])[] = [
  ...(['center', [0, 0], 'bottom', [0, -1.6], 'top', [0, 1.6]] as const),
  ...(['left', [1.8, 0], 'right', [-1.8, 0]] as const),
].map((part) => (typeof part === 'string' ? part : [part[0], part[1]]))

/** A width that is `base` at `from` and `times` as wide at `to`, growing as distances on the ground do. */
function byZoom(base: unknown, from: number, to: number, times: number): never {
  const at = (factor: number) => (factor === 1 ? base : ['*', base, factor])
  return ['interpolate', ['exponential', 1.6], ['zoom'], from - 5, at(0.28), from, at(1), to, at(times)] as never
}
