import type { GeoJSONSource, LayerSpecification, Map as MapLibreMap } from 'maplibre-gl'
import { type LngLat, ring } from './geo.ts'
import { type MapColors, mapFont } from './map-style.ts'

/** The page's own lines on the map. */
export type MapLines = {
  toGo: [number, number][]
  taken: [number, number][]
  /** Straight and dotted, where no road is known. */
  link: [number, number][]
}

const sources = ['zlt-taken', 'zlt-to-go', 'zlt-link', 'zlt-rings', 'zlt-pins'] as const
/** The size of a pin, in pixels: no label is put under one. */
const pinPx = 40

/** Adds the page's layers, the lines under the labels of whatever style is there; harmless when they are there already. */
export function addLayers(map: MapLibreMap, colors: MapColors): void {
  const firstLabel = map.getStyle().layers.find(({ type }) => type === 'symbol')?.id
  for (const id of sources) {
    // The default tolerance would make polygons of the circles.
    if (!map.getSource(id)) map.addSource(id, { type: 'geojson', tolerance: 0.05, data: collection([]) })
  }
  if (!map.hasImage('zlt-pin')) {
    map.addImage('zlt-pin', { width: pinPx, height: pinPx, data: new Uint8Array(pinPx * pinPx * 4) })
  }
  for (const layer of ownLayers(colors)) {
    if (!map.getLayer(layer.id)) map.addLayer(layer, layer.type === 'line' ? firstLabel : undefined)
  }
}

/** Gives layers that are there the paint of `layers`: unlike another style, this does not take the map away for a moment. */
export function repaint(map: MapLibreMap, layers: LayerSpecification[]): void {
  for (const { id, paint } of layers) {
    if (!map.getLayer(id)) continue
    for (const [name, value] of Object.entries(paint ?? {})) map.setPaintProperty(id, name as never, value as never)
  }
}

/** The page's own layers, from the lowest to the topmost. */
export function ownLayers(colors: MapColors): LayerSpecification[] {
  const layout = { 'line-cap': 'round', 'line-join': 'round' } as const
  const width = (px: number) => ['interpolate', ['linear'], ['zoom'], 11, px * 0.75, 16, px * 1.25] as never
  return [
    { id: 'zlt-rings', type: 'line', source: 'zlt-rings', paint: { 'line-color': colors.ring, 'line-width': 1.2 } },
    {
      id: 'zlt-taken',
      type: 'line',
      source: 'zlt-taken',
      layout,
      paint: { 'line-color': colors.taken, 'line-width': width(4.5) },
    },
    {
      id: 'zlt-link',
      type: 'line',
      source: 'zlt-link',
      layout,
      paint: { 'line-color': colors.toGo, 'line-width': 3, 'line-dasharray': [0.01, 2.4], 'line-opacity': 0.55 },
    },
    {
      id: 'zlt-to-go-edge',
      type: 'line',
      source: 'zlt-to-go',
      layout,
      paint: { 'line-color': colors.toGoEdge, 'line-width': width(9) },
    },
    {
      id: 'zlt-to-go',
      type: 'line',
      source: 'zlt-to-go',
      layout,
      paint: { 'line-color': colors.toGo, 'line-width': width(5.5) },
    },
    {
      id: 'zlt-ring-labels',
      type: 'symbol',
      source: 'zlt-rings',
      layout: {
        'symbol-placement': 'line',
        'symbol-spacing': 420,
        'text-field': ['get', 'label'],
        'text-font': mapFont,
        'text-size': 11,
      },
      paint: { 'text-color': colors.label, 'text-halo-color': colors.ground, 'text-halo-width': 3 },
    },
    {
      // Pins are elements over the map, which its labels know nothing of: an empty picture keeps their place.
      id: 'zlt-pins',
      type: 'symbol',
      source: 'zlt-pins',
      layout: { 'icon-image': 'zlt-pin', 'icon-allow-overlap': true, 'icon-padding': 0 },
    },
  ]
}

/** Keeps labels away from the places of pins; where they stand on the screen is not this function's business. */
export function setPins(map: MapLibreMap, places: LngLat[]): void {
  const features = places.map(({ lng, lat }) => ({
    type: 'Feature' as const,
    properties: {},
    geometry: { type: 'Point' as const, coordinates: [lng, lat] },
  }))
  void map.getSource<GeoJSONSource>('zlt-pins')?.setData({ type: 'FeatureCollection', features })
}

/** Puts the lines in place; cheap enough for twice a second, too dear for each frame. */
export function setLines(map: MapLibreMap, { toGo, taken, link }: MapLines): void {
  setLine(map, 'zlt-to-go', toGo)
  setLine(map, 'zlt-taken', taken)
  setLine(map, 'zlt-link', link)
}

/** Circles of distance around the drop, where there is no map to judge distance by; none without a centre. */
export function setRings(map: MapLibreMap, center: LngLat | undefined, format: (m: number) => string): void {
  const radii = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
  const features = center ? radii.map((radiusM) => lineFeature(ring(center, radiusM), { label: format(radiusM) })) : []
  void map.getSource<GeoJSONSource>('zlt-rings')?.setData(collection(features))
}

function setLine(map: MapLibreMap, id: (typeof sources)[number], coordinates: [number, number][]): void {
  const features = coordinates.length > 1 ? [lineFeature(coordinates, {})] : []
  void map.getSource<GeoJSONSource>(id)?.setData(collection(features))
}

type LineFeature = {
  type: 'Feature'
  properties: Record<string, string>
  geometry: { type: 'LineString'; coordinates: [number, number][] }
}

function lineFeature(coordinates: [number, number][], properties: Record<string, string>): LineFeature {
  return { type: 'Feature', properties, geometry: { type: 'LineString', coordinates } }
}

function collection(features: LineFeature[]): { type: 'FeatureCollection'; features: LineFeature[] } {
  return { type: 'FeatureCollection', features }
}
