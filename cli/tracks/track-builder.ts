import { parseTime } from './time.ts'
import { type Track, TrackFileError, type TrackPoint } from './track.ts'

/** More points than this in one file are refused, so that memory stays bounded (about 60 bytes a point). */
export const MAX_POINTS = 5_000_000

/** A point as a file gives it: nothing is checked yet, and a coordinate that is no number is `NaN`. */
export interface RawPoint {
  lat: number | undefined
  lng: number | undefined
  timeMs?: number | undefined
  altitudeM?: number | undefined
  speedMps?: number | undefined
  accuracyM?: number | undefined
  headingDeg?: number | undefined
}

/**
 * Gathers the points of one kind (tracks, routes, waypoints) from a file, and counts what it leaves out.
 * Nothing it holds is out of range, and tracks keep the order in which they began.
 */
export class TrackBuilder {
  readonly tracks: Track[] = []
  points = 0
  outOfRange = 0
  withoutPosition = 0
  emptySegments = 0
  unreadableTimes = 0
  firstUnreadableTime: string | undefined
  #current: Track | undefined
  #byKey = new Map<string, Track>()
  #segmentStart = 0

  /** Starts the next ride; points added before any `begin` start one of themselves. */
  begin(): void {
    this.#current = undefined
  }

  /** Names the ride that is open. The first name stays. */
  name(text: string): void {
    const name = text.trim()
    if (name) this.#open().name ??= name
  }

  beginSegment(): void {
    this.#segmentStart = this.points
  }

  endSegment(): void {
    if (this.points === this.#segmentStart) this.emptySegments += 1
  }

  /** Reads a time and remembers what could not be read; blank is simply no time. */
  time(value: unknown): number | undefined {
    if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return undefined
    const timeMs = parseTime(value)
    if (timeMs === undefined) {
      this.unreadableTimes += 1
      this.firstUnreadableTime ??= String(value).trim().slice(0, 40)
    }
    return timeMs
  }

  /** Adds a point to the open ride. @throws TrackFileError `too_large` */
  add(raw: RawPoint): void {
    const point = this.#check(raw)
    if (point) this.#open().points.push(point)
  }

  /** Adds a point to the ride of that key, wherever its points stand in the file. @throws TrackFileError `too_large` */
  addTo(key: string, raw: RawPoint): void {
    const point = this.#check(raw)
    if (!point) return
    let track = this.#byKey.get(key)
    if (!track) {
      track = key ? { name: key, points: [] } : { points: [] }
      this.#byKey.set(key, track)
      this.tracks.push(track)
    }
    track.points.push(point)
  }

  #open(): Track {
    if (!this.#current) {
      this.#current = { points: [] }
      this.tracks.push(this.#current)
    }
    return this.#current
  }

  #check(raw: RawPoint): TrackPoint | undefined {
    const { lat, lng, timeMs, altitudeM, speedMps, accuracyM, headingDeg } = raw
    if (lat === undefined || lng === undefined) {
      this.withoutPosition += 1
      return undefined
    }
    this.points += 1
    if (this.points > MAX_POINTS) {
      throw new TrackFileError('too_large', `holds more than ${MAX_POINTS} points: split it into smaller files`)
    }
    // Written so that NaN fails too.
    if (!(Math.abs(lat) <= 90 && Math.abs(lng) <= 180)) {
      this.outOfRange += 1
      return undefined
    }
    const point: TrackPoint = { lat, lng }
    if (timeMs !== undefined) point.timeMs = timeMs
    if (altitudeM !== undefined && Number.isFinite(altitudeM)) point.altitudeM = altitudeM
    // Phones write -1 for an unknown speed, accuracy or heading.
    if (isMeasure(speedMps)) point.speedMps = speedMps
    if (isMeasure(accuracyM)) point.accuracyM = accuracyM
    if (isMeasure(headingDeg)) point.headingDeg = headingDeg
    return point
  }
}

function isMeasure(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value < Number.POSITIVE_INFINITY
}
