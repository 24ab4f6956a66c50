import type { LatLng } from '../../src/domain/polyline.ts'
import type { PlannedPlace, Vehicle } from './route-plan.ts'
import { runCommand } from './run-command.ts'

/** A point of a track; street and speed are of the segment that ends here, absent at the first point. */
export interface TrackPoint extends LatLng {
  readonly street: string
  readonly speedKmh: number
  /** True at the start, each stop and the end. */
  readonly waypoint: boolean
}

const prefix = 'world'

/**
 * Whole km/h, for routino drops the rest. They include crossings and traffic; routino's own are the limits of an empty road
 * (96 on a main street).
 */
const motorKmh = {
  motorway: 80,
  trunk: 50,
  primary: 38,
  secondary: 34,
  tertiary: 32,
  unclassified: 28,
  residential: 22,
  service: 14,
}
const bicycleKmh = { ...everyRoad(15), cycleway: 15, track: 12, path: 10 }
const footKmh = { ...everyRoad(5), cycleway: 5, track: 5, path: 5, steps: 3 }

const ways: Record<Vehicle, { readonly transport: string; readonly kmh: Readonly<Record<string, number>> }> = {
  foot: { transport: 'foot', kmh: footKmh },
  bicycle: { transport: 'bicycle', kmh: bicycleKmh },
  motorbike: { transport: 'motorcycle', kmh: motorKmh },
  car: { transport: 'motorcar', kmh: motorKmh },
  van: { transport: 'goods', kmh: motorKmh },
}

/** Builds routino's database of the extract in `folder`, with every bend kept. */
export async function prepareRouting(extractPath: string, folder: string): Promise<void> {
  const database = ['--dir=.', `--prefix=${prefix}`, '--tagging=/usr/share/routino/tagging.xml']
  await runCommand(['planetsplitter', ...database, '--prune-none', extractPath], { cwd: folder })
}

/**
 * Finds the quickest way through `places` along streets, with routino's database in `folder`.
 *
 * @throws Error where there is no way, or routino writes what this does not know
 */
export async function findWay(
  folder: string,
  vehicle: Vehicle,
  places: readonly PlannedPlace[],
): Promise<TrackPoint[]> {
  const { transport, kmh } = ways[vehicle]
  const text = await runCommand(
    [
      'routino-router',
      '--dir=.',
      `--prefix=${prefix}`,
      '--profiles=/usr/share/routino/profiles.xml',
      '--translations=/usr/share/routino/translations.xml',
      `--transport=${transport}`,
      '--quickest',
      ...Object.entries(kmh).map(([road, speed]) => `--speed-${road}=${speed}`),
      ...places.flatMap(({ lat, lng }, index) => [`--lat${index + 1}=${lat}`, `--lon${index + 1}=${lng}`]),
      '--output-text-all',
      '--output-stdout',
    ],
    { cwd: folder },
  )
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map(parseLine)
}

/** Columns: latitude, longitude, node, type, segment's length and time, totals, speed, bearing, street. */
function parseLine(line: string, index: number): TrackPoint {
  const columns = line.split('\t').map((column) => column.trim())
  const [lat, lng, speedKmh] = [Number(columns[0]), Number(columns[1]), Number(columns[8])]
  if (Number.isNaN(lat + lng + speedKmh) || (index > 0 && speedKmh === 0)) {
    throw new Error(`routino's line is not a track point: ${line}`)
  }
  return { lat, lng, speedKmh, street: columns[10] ?? '', waypoint: columns[3]?.startsWith('Waypt') === true }
}

function everyRoad(speedKmh: number): Record<string, number> {
  const roads = ['trunk', 'primary', 'secondary', 'tertiary', 'unclassified', 'residential', 'service']
  return Object.fromEntries(roads.map((road) => [road, speedKmh]))
}
