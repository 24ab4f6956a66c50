import { parseDecimal } from './decimal.ts'
import { looksPlanar } from './planar.ts'
import { TrackFileError } from './track.ts'
import type { RawPoint, TrackBuilder } from './track-builder.ts'

const KMH = 1 / 3.6
const KNOTS = 1852 / 3600

const words = (text: string) => text.split(' ')

// Names in their order of preference, as plainName writes them.
const LATITUDE = words('lat latitude lat_deg latitude_deg location_lat gps_lat gps_latitude y')
const LONGITUDE = words(
  'lng lon long longitude lng_deg lon_deg longitude_deg location_lng location_lon location_long gps_lng gps_lon gps_longitude x',
)
const WKT = words('point geometry geom wkt location')
const TIME = words(
  'time timestamp datetime date_time fix_time fix_time_ms time_ms timestamp_ms gps_time time_utc utc_time utc recorded_at tst ts t epoch epoch_ms unix_time unixtime date_time_utc local_time created_at date',
)
const CLOCK = words('time time_of_day clock')
const TRIP = words(
  'trip_id tripid trip track_id trackid track_fid track journey_id ride_id ride traj_id trajectory_id activity_id session_id',
)
const VEHICLE = words(
  'vehicle_id vehicle device_id device rider_id courier_id driver_id partner_id taxi_id user_id user individual_local_identifier',
)
const ALTITUDE = words('altitude altitude_m alt ele elevation elevation_m height')
const ACCURACY = words('accuracy accuracy_m acc horizontal_accuracy hacc')
const HEADING = words('heading heading_deg bearing course cog azimuth')
const SPEED = new Map([
  ...words('speed_mps speed_ms speed_m_s').map((name) => [name, 1] as const),
  ...words('speed_kmh speed_kph speed_km_h').map((name) => [name, KMH] as const),
  ...words('speed_knots speed_kn speed_kt').map((name) => [name, KNOTS] as const),
  ['speed', 1] as const,
])

/** Where each value of a record stands: indexes of columns, -1 for none. */
interface Columns {
  lat: number
  lng: number
  wkt: number
  time: number
  clock: number
  keys: number[]
  altitude: number
  accuracy: number
  heading: number
  speed: number
  speedFactor: number
  /** The position was found under x and y, which as often mean metres. */
  isXy: boolean
}

/**
 * Reads records whose values are found by the names of their columns, in any case and with blanks, dots, dashes or a
 * unit in brackets: `Lat`, `Speed (km/h)`. A position is two columns or one of WKT `POINT(lng lat)`. A speed without a
 * unit is metres a second. Rides are told apart by a trip's and a vehicle's column, else by `id`.
 */
export class RecordReader {
  readonly #columns: Columns
  readonly #decimalComma: boolean

  /** @throws TrackFileError `no_position_columns` */
  constructor(
    names: readonly string[],
    private readonly builder: TrackBuilder,
    options: { decimalComma?: boolean } = {},
  ) {
    this.#columns = findColumns(names)
    this.#decimalComma = options.decimalComma ?? false
  }

  /** Adds the point of one record, given in the order of the names. */
  read(values: readonly string[]): void {
    const columns = this.#columns
    const number = (index: number) => this.#decimal(values[index])
    const point: RawPoint =
      columns.wkt >= 0
        ? { ...parseWktPoint(values[columns.wkt]), timeMs: this.#time(values) }
        : { lat: number(columns.lat), lng: number(columns.lng), timeMs: this.#time(values) }
    if (columns.altitude >= 0) point.altitudeM = number(columns.altitude)
    if (columns.accuracy >= 0) point.accuracyM = number(columns.accuracy)
    if (columns.heading >= 0) point.headingDeg = number(columns.heading)
    if (columns.speed >= 0) {
      const speed = number(columns.speed)
      if (speed !== undefined) point.speedMps = speed * columns.speedFactor
    }
    this.builder.addTo(columns.keys.map((index) => values[index]?.trim() ?? '').join(' '), point)
  }

  /**
   * Ends the reading: an `id` that differs on every record numbers the records, so they are one ride.
   * @throws TrackFileError `not_degrees` when x and y cannot be longitude and latitude
   */
  end(): void {
    const { tracks, outOfRange } = this.builder
    if (tracks.length > 1 && tracks.every((track) => track.points.length === 1)) {
      const points = tracks.flatMap((track) => track.points)
      tracks.splice(0, tracks.length, { points })
    }
    if (this.#columns.isXy && (outOfRange > 0 || tracks.some((track) => looksPlanar(track.points)))) {
      throw new TrackFileError(
        'not_degrees',
        'has columns x and y that are no degrees, but perhaps metres: convert them to WGS 84, in columns lat and lng',
      )
    }
  }

  #time(values: readonly string[]): number | undefined {
    const { time, clock } = this.#columns
    const text = values[time]
    if (clock < 0) return this.builder.time(text)
    return this.builder.time(`${text ?? ''} ${values[clock] ?? ''}`)
  }

  #decimal(text: string | undefined): number | undefined {
    return parseDecimal(this.#decimalComma ? text?.replace(',', '.') : text)
  }
}

/** Reads WKT `POINT(lng lat)`, also `POINT Z`; no coordinates when it is something else. */
export function parseWktPoint(text: string | undefined): { lat: number | undefined; lng: number | undefined } {
  const match = /^\s*(?:SRID=\d+;)?POINT\s*(?:ZM?|M)?\s*\(\s*(\S+)\s+([^\s)]+)[^)]*\)\s*$/i.exec(text ?? '')
  return { lng: parseDecimal(match?.[1]), lat: parseDecimal(match?.[2]) }
}

function findColumns(names: readonly string[]): Columns {
  const plain = names.map(plainName)
  const find = (wanted: Iterable<string>) => {
    for (const name of wanted) if (plain.includes(name)) return plain.indexOf(name)
    return -1
  }
  const lat = find(LATITUDE)
  const lng = find(LONGITUDE)
  const wkt = lat < 0 || lng < 0 ? find(WKT) : -1
  if ((lat < 0 || lng < 0) && wkt < 0) {
    const found = names.map((name) => `"${name.trim().slice(0, 40)}"`).slice(0, 20)
    throw new TrackFileError(
      'no_position_columns',
      `has no columns for a position among ${found.join(', ')}: name them lat and lng in the first line`,
    )
  }
  // A date and a time of day in two columns belong together.
  const date = plain.indexOf('date')
  const clock = date < 0 ? -1 : find(CLOCK)
  const keys = [find(TRIP), find(VEHICLE)].filter((index) => index >= 0)
  if (keys.length === 0 && plain.includes('id')) keys.push(plain.indexOf('id'))
  const speed = find(SPEED.keys())
  return {
    lat,
    lng,
    wkt,
    time: clock >= 0 ? date : find(TIME),
    clock,
    keys,
    altitude: find(ALTITUDE),
    accuracy: find(ACCURACY),
    heading: find(HEADING),
    speed,
    speedFactor: SPEED.get(plain[speed] ?? '') ?? 1,
    isXy: plain[lat] === 'y' || plain[lng] === 'x',
  }
}

/** `Speed (km/h)` → `speed_km_h`, `locationLat` → `locationlat`, `location-lat` → `location_lat`. */
function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_|_$/g, '')
}
