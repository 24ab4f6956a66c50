/** A recording made ready to be ridden: places with times from 0 on, at a speed that a vehicle can have. */

import { bearingDeg, distanceM, type Point, wrapLng } from '../../src/domain/geo'

/** Of a recorded point, what riding it needs. */
export interface RecordedPoint extends Point {
  timeMs?: number
  accuracyM?: number
}

export interface PathPoint extends Point {
  /** Since the path's start, in the run's (not the recording's) milliseconds; never falls. */
  offsetMs: number
  accuracyM?: number
}

/** How a recording becomes a path. */
export interface PathOptions {
  /** How many recorded seconds pass in one second of the run. */
  speed: number
  /** Between points that have no times. */
  spacingMs: number
}

export interface TimedPath {
  points: readonly PathPoint[]
  durationMs: number
  /** Points left out: backward or repeated in time, or at 0°, 0°. */
  leftOut: number
  /** Stretches ridden more slowly than recorded, because no vehicle is that fast. */
  slowed: number
  /** Recorded pauses that were cut short. */
  shortened: number
}

/** A little below what the tracker believes of a car (50 m/s), so that a replay is not refused as a jump. */
export const MAX_REPLAY_MPS = 40
/** A recorded pause lasts no longer than this in a replay. */
export const MAX_PAUSE_MS = 30_000

/** Makes a path of a recorded track; undefined when fewer than two of its points can be ridden. */
export function timePath(recorded: readonly RecordedPoint[], options: PathOptions): TimedPath | undefined {
  const points: PathPoint[] = []
  const path = { leftOut: 0, slowed: 0, shortened: 0 }
  const timed = isTimed(recorded)
  let previous: RecordedPoint | undefined
  for (const point of recorded) {
    if ((point.lat === 0 && point.lng === 0) || (timed && !isLater(point, previous))) {
      path.leftOut += 1
      continue
    }
    const offsetMs =
      previous === undefined ? 0 : (points.at(-1)?.offsetMs ?? 0) + stepMs(previous, point, timed, options, path)
    const { lat, lng, accuracyM } = point
    points.push(accuracyM === undefined ? { lat, lng, offsetMs } : { lat, lng, offsetMs, accuracyM })
    previous = point
  }
  if (points.length < 2) return undefined
  return { points, durationMs: (points.at(-1) as PathPoint).offsetMs, ...path }
}

/** Whether the times can be ridden by: most points have one, and they are not all the same (some planners write one for all). */
function isTimed(recorded: readonly RecordedPoint[]): boolean {
  const times = recorded.flatMap(({ timeMs }) => timeMs ?? [])
  return 2 * times.length > recorded.length && times.some((timeMs) => timeMs !== times[0])
}

/** In a timed track a point without a time has no place in the order of things. */
function isLater(point: RecordedPoint, previous: RecordedPoint | undefined): boolean {
  if (point.timeMs === undefined) return false
  return previous?.timeMs === undefined || point.timeMs > previous.timeMs
}

function stepMs(
  from: RecordedPoint,
  to: RecordedPoint,
  timed: boolean,
  options: PathOptions,
  counts: { slowed: number; shortened: number },
): number {
  const recordedMs =
    !timed || from.timeMs === undefined || to.timeMs === undefined
      ? options.spacingMs
      : (to.timeMs - from.timeMs) / options.speed
  const fastestMs = (distanceM(from, to) / MAX_REPLAY_MPS) * 1000
  if (fastestMs > recordedMs) {
    counts.slowed += 1
    return fastestMs
  }
  if (recordedMs <= MAX_PAUSE_MS) return recordedMs
  counts.shortened += 1
  return Math.max(MAX_PAUSE_MS, fastestMs)
}

/** Where on the path, and how fast. */
export interface PathPlace extends Point {
  speedMps: number
  headingDeg: number
  accuracyM?: number
}

/**
 * Where a rider is who rides the path to its end, back to its start, and so on: there is no leap in it, however long.
 * @param elapsedMs since the path's start, ≥ 0
 */
export function placeOnPath(path: TimedPath, elapsedMs: number): PathPlace {
  const phaseMs = path.durationMs === 0 ? 0 : elapsedMs % (2 * path.durationMs)
  const back = phaseMs > path.durationMs
  const offsetMs = back ? 2 * path.durationMs - phaseMs : phaseMs
  const index = segmentAt(path.points, offsetMs)
  const from = path.points[index] as PathPoint
  const to = path.points[index + 1] as PathPoint
  const spanMs = to.offsetMs - from.offsetMs
  const share = spanMs === 0 ? 1 : (offsetMs - from.offsetMs) / spanMs
  const place: PathPlace = {
    lat: from.lat + (to.lat - from.lat) * share,
    lng: wrapLng(from.lng + wrapLng(to.lng - from.lng) * share),
    speedMps: spanMs === 0 ? 0 : (distanceM(from, to) / spanMs) * 1000,
    headingDeg: back ? bearingDeg(to, from) : bearingDeg(from, to),
  }
  if (from.accuracyM !== undefined) place.accuracyM = from.accuracyM
  return place
}

/** The last segment that begins at or before `offsetMs`. */
function segmentAt(points: readonly PathPoint[], offsetMs: number): number {
  let low = 0
  let high = points.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((points[middle] as PathPoint).offsetMs <= offsetMs) low = middle
    else high = middle - 1
  }
  return low
}

/** The moments (elapsed, as `placeOnPath` takes them) at which a ride passes recorded points, from `fromMs` on, endlessly. */
export function* pointMoments(path: TimedPath, fromMs: number): Generator<number> {
  const { points, durationMs } = path
  for (let lap = Math.floor(fromMs / (2 * durationMs)); ; lap++) {
    const startMs = lap * 2 * durationMs
    for (const { offsetMs } of points) if (startMs + offsetMs >= fromMs) yield startMs + offsetMs
    // The turning points belong to the way out: on the way back they would be sent twice.
    for (let i = points.length - 2; i > 0; i--) {
      const momentMs = startMs + 2 * durationMs - (points[i] as PathPoint).offsetMs
      if (momentMs >= fromMs) yield momentMs
    }
  }
}
