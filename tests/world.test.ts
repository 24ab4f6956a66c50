import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import routes from '../cli/demo/routes.json'
import { decodePolyline, type LatLng } from '../src/domain/polyline.ts'
import { openPmtiles } from './support/pmtiles-bytes.ts'
import { readVectorTile, type TileLayer } from './support/vector-tile.ts'

const project = join(import.meta.dir, '..')
const tilesPath = join(project, 'web/map/liechtenstein.pmtiles')
const tiles = openPmtiles(await Bun.file(tilesPath).bytes())
const header = await tiles.getHeader()
const streetZoom = 14
const metresPerDegree = 111_195

function stepM(a: LatLng, b: LatLng): number {
  const north = (b.lat - a.lat) * metresPerDegree
  const east = (b.lng - a.lng) * metresPerDegree * Math.cos((a.lat * Math.PI) / 180)
  return Math.hypot(north, east)
}

function lengthM(line: readonly LatLng[]): number {
  return line.reduce((sum, point, index) => sum + stepM(line[index - 1] ?? point, point), 0)
}

/** Points along the line at most `stepMaxM` apart. */
function sample(line: readonly LatLng[], stepMaxM: number): LatLng[] {
  return line.flatMap((point, index) => {
    const from = line[index - 1]
    if (from === undefined) return [point]
    const count = Math.max(1, Math.ceil(stepM(from, point) / stepMaxM))
    return Array.from({ length: count }, (_, i) => between(from, point, (i + 1) / count))
  })
}

function between(a: LatLng, b: LatLng, part: number): LatLng {
  return { lat: a.lat + (b.lat - a.lat) * part, lng: a.lng + (b.lng - a.lng) * part }
}

function pointAt(line: readonly LatLng[], alongM: number): LatLng {
  let restM = alongM
  for (const [index, point] of line.entries()) {
    const from = line[index - 1] ?? point
    const lengthOfStepM = stepM(from, point)
    if (restM <= lengthOfStepM) return between(from, point, lengthOfStepM === 0 ? 0 : restM / lengthOfStepM)
    restM -= lengthOfStepM
  }
  throw new Error(`the line is shorter than ${alongM} m`)
}

/** Where a place lies in the tile grid of `streetZoom`: whole part the tile, fraction the place in it (Web Mercator). */
function gridOf({ lat, lng }: LatLng): { x: number; y: number } {
  const size = 2 ** streetZoom
  const sin = Math.sin((lat * Math.PI) / 180)
  return { x: size * (lng / 360 + 0.5), y: size * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) }
}

const layersByTile = new Map<string, Promise<TileLayer[]>>()

function layersAt(place: LatLng): Promise<TileLayer[]> {
  const { x, y } = gridOf(place)
  const key = `${Math.floor(x)}/${Math.floor(y)}`
  const known = layersByTile.get(key)
  if (known) return known
  const read = tiles.getZxy(streetZoom, Math.floor(x), Math.floor(y)).then((tile) => {
    if (tile === undefined) throw new Error(`no tile ${streetZoom}/${key}`)
    return readVectorTile(new Uint8Array(tile.data))
  })
  layersByTile.set(key, read)
  return read
}

/** The roads drawn within `radiusM` of a place, by name (or class, where nameless). */
async function roadsNear(place: LatLng, radiusM: number): Promise<string[]> {
  const roads = (await layersAt(place)).find(({ name }) => name === 'road')
  if (roads === undefined) return []
  const grid = gridOf(place)
  const unitM = (40_075_017 * Math.cos((place.lat * Math.PI) / 180)) / 2 ** streetZoom / roads.extent
  const at = { x: (grid.x % 1) * roads.extent, y: (grid.y % 1) * roads.extent }
  const near = roads.features.filter(({ lines }) => lines.some((line) => offsetFrom(line, at) * unitM <= radiusM))
  return near.map(({ properties }) => String(properties.name ?? properties.class))
}

function offsetFrom(line: readonly { x: number; y: number }[], at: { x: number; y: number }): number {
  return line.reduce((least, b, index) => {
    const a = line[index - 1] ?? b
    const [dx, dy] = [b.x - a.x, b.y - a.y]
    const part = dx === 0 && dy === 0 ? 0 : ((at.x - a.x) * dx + (at.y - a.y) * dy) / (dx * dx + dy * dy)
    const held = Math.min(1, Math.max(0, part))
    return Math.min(least, Math.hypot(at.x - a.x - held * dx, at.y - a.y - held * dy))
  }, Number.POSITIVE_INFINITY)
}

describe('the map', () => {
  test('holds gzipped vector tiles from zoom 0 to 14 around Liechtenstein', () => {
    expect(header).toMatchObject({ minZoom: 0, maxZoom: 14, tileType: 1, tileCompression: 2, clustered: true })
    expect([header.minLon, header.minLat, header.maxLon, header.maxLat]).toEqual([
      9.471078, 47.04774, 9.636217, 47.27128,
    ])
    expect(header.centerLon).toBeWithin(header.minLon, header.maxLon)
    expect(header.centerLat).toBeWithin(header.minLat, header.maxLat)
  })

  test('names its source and its layers', async () => {
    const metadata = (await tiles.getMetadata()) as { attribution: string; vector_layers: { id: string }[] }
    expect(metadata.attribution).toBe('© OpenStreetMap contributors')
    const layers = metadata.vector_layers.map(({ id }) => id).sort()
    expect(layers).toEqual(['border', 'building', 'green', 'land', 'place', 'road', 'stream', 'water'])
  })

  test('shows the country from afar', async () => {
    const tile = await tiles.getZxy(0, 0, 0)
    const layers = readVectorTile(new Uint8Array(tile?.data ?? new ArrayBuffer()))
    expect(layers.map(({ features }) => features.map(({ properties }) => properties.name))).toEqual([['Vaduz']])
  })

  test('shows the village, its streets and buildings, green and the Rhine at Schaan', async () => {
    const layers = await layersAt({ lat: 47.1663, lng: 9.5103 })
    const filled = layers.filter(({ features }) => features.length > 0).map(({ name }) => name)
    expect(filled.sort()).toEqual(['border', 'building', 'green', 'land', 'place', 'road', 'stream', 'water'])
  })
})

test('map and routes stay within 2 MB', () => {
  const sizes = [tilesPath, join(project, 'cli/demo/routes.json')].map((path) => Bun.file(path).size)
  expect(sizes.every((size) => size > 1000)).toBe(true)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(2_000_000)
})

describe('the routes', () => {
  test('are ten or more, under ids of their own, by every vehicle', () => {
    expect(routes.length).toBeGreaterThanOrEqual(10)
    expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length)
    const vehicles = [...new Set(routes.map(({ vehicle }) => vehicle))].sort()
    expect(vehicles).toEqual(['bicycle', 'car', 'foot', 'motorbike', 'van'])
    expect(routes.filter(({ stops }) => stops?.length).length).toBeGreaterThanOrEqual(1)
  })

  test('one has a stretch without signal, of 300 to 600 m', () => {
    const tunnels = routes.flatMap((route) => (route.tunnel ? [{ ...route.tunnel, endM: route.distance_m }] : []))
    expect(tunnels).toHaveLength(1)
    for (const { from_m, to_m, endM } of tunnels) {
      expect(to_m - from_m).toBeWithin(300, 601)
      expect(from_m).toBeGreaterThan(0)
      expect(to_m).toBeLessThan(endM)
    }
  })

  test('one can be handed over to another that goes the same way from there', () => {
    const givers = routes.filter((route) => route.hand_over)
    expect(givers).toHaveLength(1)
    for (const giver of givers) {
      const taker = routes.find(({ id }) => id === giver.hand_over?.to)
      if (!giver.hand_over || !taker) throw new Error(`${giver.id} hands over to no route`)
      const [given, taken] = [giver, taker].map(({ polyline, precision }) => decodePolyline(polyline, precision))
      if (!given || !taken) throw new Error('unreachable')
      const { from_m, to_m } = giver.hand_over
      for (const alongM of [0, 200, 400, giver.distance_m - from_m - 5]) {
        expect(stepM(pointAt(given, from_m + alongM), pointAt(taken, to_m + alongM))).toBeLessThan(6)
      }
      expect(stepM(giver.hand_over, pointAt(given, from_m))).toBeLessThan(6)
      expect(giver.drop).toEqual(taker.drop)
      // Ridden far enough before, and far enough to go, for a viewer to see both riders.
      expect(Math.min(from_m, to_m, giver.distance_m - from_m)).toBeGreaterThan(500)
    }
  })

  describe.each(routes.map((route) => [route.id, route] as const))('%s', (_, route) => {
    const line = decodePolyline(route.polyline, route.precision)
    const places = [route.pickup, ...(route.stops ?? []), route.drop]

    test('is 1.5 to 6 km long, at a pace of its vehicle', () => {
      expect(route.distance_m).toBeWithin(1500, 6000)
      expect(Math.abs(lengthM(line) - route.distance_m)).toBeLessThan(route.distance_m * 0.005)
      const kmh = (route.distance_m / route.duration_s) * 3.6
      const [slowest, fastest] = { foot: [3, 6], bicycle: [10, 18] }[route.vehicle] ?? [20, 45]
      expect(kmh).toBeWithin(slowest ?? 0, fastest ?? 0)
    })

    test('lies inside the map, with no gap over 400 m and no point twice in a row', () => {
      for (const [index, point] of line.entries()) {
        expect(point.lng).toBeWithin(header.minLon, header.maxLon)
        expect(point.lat).toBeWithin(header.minLat, header.maxLat)
        if (index > 0) expect(stepM(line[index - 1] ?? point, point)).toBeWithin(0.01, 400)
      }
    })

    test('starts on a tile that can be read and holds something', async () => {
      const layers = await layersAt(route.pickup)
      expect(layers.flatMap(({ features }) => features).length).toBeGreaterThan(0)
    })

    test('runs on the streets that the map draws', async () => {
      for (const point of sample(line, 20)) {
        if ((await roadsNear(point, 3)).length === 0) throw new Error(`off the road at ${point.lat}, ${point.lng}`)
      }
    })

    test('begins, stops and ends on the streets that the names say', async () => {
      expect(line[0]).toEqual({ lat: route.pickup.lat, lng: route.pickup.lng })
      expect(line.at(-1)).toEqual({ lat: route.drop.lat, lng: route.drop.lng })
      for (const { name, ...place } of places) {
        expect(await roadsNear(place, 3)).toContain(name.split(', ')[1] ?? '')
        expect(Math.min(...line.map((point) => stepM(point, place)))).toBeLessThan(1)
      }
    })
  })
})
