import { finishTracks, type PointKind } from './findings.ts'
import { isObject, numberOf } from './json-value.ts'
import type { TrackFile } from './track.ts'
import { TrackBuilder } from './track-builder.ts'

const MAX_DEPTH = 50
const TIME_NAMES = ['time', 'timestamp', 'datetime', 'tst', 'recorded_at', 'date']
const RIDE_NAMES = ['trip_id', 'track_id', 'track_fid', 'trip', 'track', 'vehicle_id', 'device_id']

/** Whether a parsed JSON value says it is GeoJSON. */
export function isGeoJson(value: unknown): value is Record<string, unknown> {
  return isObject(value) && (value.type === 'FeatureCollection' || value.type === 'Feature' || isGeometry(value))
}

/**
 * Reads GeoJSON (RFC 7946). A line is a ride; the lines of a MultiLineString are its segments. Points are one ride in
 * the order of the file, or one for each value of a trip's or device's property.
 *
 * Times come from `properties.coordTimes`, `properties.coordinateProperties.times` or `properties.times`, nested as the
 * coordinates or flat, from a fourth coordinate, and for a Point from its `time`, `timestamp`, …
 * Lines with times are taken first, then Points with times, then lines without, then Points without.
 */
export function readGeoJson(root: Record<string, unknown>): TrackFile {
  const collector = new Collector()
  collector.take(root, {}, 0)
  return finishTracks('geojson', collector.kinds(), [])
}

class Collector {
  readonly #lines = new TrackBuilder()
  readonly #points = new TrackBuilder()

  take(value: unknown, properties: Record<string, unknown>, depth: number): void {
    if (!isObject(value) || depth > MAX_DEPTH) return
    const own = isObject(value.properties) ? value.properties : properties
    const next = (child: unknown) => this.take(child, own, depth + 1)
    if (value.type === 'FeatureCollection') arrayOf(value.features).forEach(next)
    else if (value.type === 'Feature') next(value.geometry)
    else if (value.type === 'GeometryCollection') arrayOf(value.geometries).forEach(next)
    else if (value.type === 'LineString' || value.type === 'MultiPoint') this.#ride([value.coordinates], own)
    else if (value.type === 'MultiLineString') this.#ride(arrayOf(value.coordinates), own)
    else if (value.type === 'Point') this.#point(value.coordinates, own)
  }

  kinds(): PointKind[] {
    const lines = { label: 'line points', builder: this.#lines }
    const points = { label: 'single points', builder: this.#points }
    return hasTimes(this.#points) && !hasTimes(this.#lines) ? [points, lines] : [lines, points]
  }

  #ride(lines: readonly unknown[], properties: Record<string, unknown>): void {
    this.#lines.begin()
    if (typeof properties.name === 'string') this.#lines.name(properties.name)
    const times = timesOf(properties)
    let count = 0
    for (const [lineIndex, line] of lines.entries()) {
      this.#lines.beginSegment()
      const nested = times[lineIndex]
      for (const [index, position] of arrayOf(line).entries()) {
        this.#lines.add(this.#raw(this.#lines, position, Array.isArray(nested) ? nested[index] : times[count]))
        count += 1
      }
      this.#lines.endSegment()
    }
  }

  #point(position: unknown, properties: Record<string, unknown>): void {
    const time = firstOf(properties, TIME_NAMES)
    const ride = firstOf(properties, RIDE_NAMES)
    const number = (...names: string[]) => numberOf(firstOf(properties, names))
    const point = this.#raw(this.#points, position, time)
    this.#points.addTo(ride === undefined ? '' : String(ride), {
      ...point,
      altitudeM: point.altitudeM ?? number('altitude', 'ele'),
      speedMps: number('speed', 'speed_mps'),
      accuracyM: number('horizontal_accuracy', 'accuracy', 'accuracy_m'),
      headingDeg: number('course', 'heading', 'bearing', 'heading_deg'),
    })
  }

  #raw(builder: TrackBuilder, position: unknown, time: unknown) {
    const [lng, lat, altitudeM, fourth] = arrayOf(position).map(numberOf)
    return { lat, lng, altitudeM, timeMs: builder.time(time ?? fourth) }
  }
}

function timesOf(properties: Record<string, unknown>): readonly unknown[] {
  const perCoordinate = properties.coordinateProperties
  const candidates = [
    properties.coordTimes,
    isObject(perCoordinate) ? (perCoordinate.times ?? perCoordinate.coordTimes) : undefined,
    properties.times,
  ]
  return candidates.find((candidate): candidate is unknown[] => Array.isArray(candidate)) ?? []
}

function hasTimes(builder: TrackBuilder): boolean {
  return builder.tracks.some((track) => track.points.some((point) => point.timeMs !== undefined))
}

function firstOf(properties: Record<string, unknown>, names: readonly string[]): unknown {
  for (const name of names) if (properties[name] !== undefined && properties[name] !== null) return properties[name]
  return undefined
}

function isGeometry(value: Record<string, unknown>): boolean {
  const type = value.type
  return typeof type === 'string' && /^(Multi)?(Point|LineString|Polygon)$|^GeometryCollection$/.test(type)
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
