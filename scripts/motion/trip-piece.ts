/** A piece of a recorded trip: where the rider truly was, and the line it went along. */

import type { TrackPoint } from '../../cli/tracks/track.ts'
import { bearingDeg, between, distanceM, type LngLat } from '../../web/track/geo.ts'
import { type Line, lineOf } from '../../web/track/line.ts'

/** A place that was recorded. */
export type TimedPlace = LngLat & { timeMs: number }

/** What is ridden before the page is watched, so that it has found its pace. */
export type PieceOptions = { leadMs: number; watchedMs: number }

export type TripPiece = {
  /** The recording from the lead's start to the trip's end, its time from 0 on. */
  places: TimedPlace[]
  line: Line
  lengthMs: number
}

/** No vehicle on a road makes this between two recorded points; such a point is an error of the receiver. */
const absurdMps = 55
/** Below this a recorded vehicle counts as standing. */
export const movingMps = 1.5
/** How far the line may leave the recording. */
const toleranceM = 3
/** Lines may not be longer than the server takes. */
const aheadM = 3_000

/** The recording in order of time, without points that no vehicle can have reached. */
export function cleanPlaces(points: readonly TrackPoint[]): TimedPlace[] {
  const places: TimedPlace[] = []
  for (const { lat, lng, timeMs } of points) {
    const last = places.at(-1)
    if (timeMs === undefined || (last && timeMs <= last.timeMs)) continue
    if (last && distanceM(last, { lat, lng }) / ((timeMs - last.timeMs) / 1_000) > absurdMps) continue
    places.push({ lat, lng, timeMs })
  }
  return places
}

/**
 * The piece with the most movement in town: the longest time above walking pace, slower than 90 km/h, and no hole of more
 * than 10 s.
 *
 * @throws RangeError when the recording has none so long
 */
export function liveliestPiece(places: readonly TimedPlace[], { leadMs, watchedMs }: PieceOptions): TripPiece {
  const lengthMs = leadMs + watchedMs
  let best: { first: number; movingMs: number } | undefined
  for (let first = 0; first < places.length; first += 5) {
    const piece = pieceFrom(places, first, lengthMs)
    if (piece.length < 2 || spanOf(piece) < lengthMs) continue
    const movingMs = townMovementMs(piece)
    if (movingMs > (best?.movingMs ?? 0)) best = { first, movingMs }
  }
  if (!best) throw new RangeError(`the recording has no piece of ${lengthMs / 1_000} s without holes or motorways`)
  return pieceOf(places, best.first, lengthMs)
}

/** The piece that begins at a point of the recording. */
export function pieceOf(places: readonly TimedPlace[], first: number, lengthMs: number): TripPiece {
  const startMs = places[first]?.timeMs ?? 0
  const rest = places.slice(first).map((place) => ({ ...place, timeMs: place.timeMs - startMs }))
  let beyond = 0
  const last = rest.findIndex((place, i) => {
    if (place.timeMs > lengthMs) beyond += i > 0 ? distanceM(rest[i - 1] as LngLat, place) : 0
    return beyond > aheadM
  })
  const used = last < 0 ? rest : rest.slice(0, last)
  return { places: used, line: lineOf(simplified(used)), lengthMs }
}

/** Where the rider truly was at a time of the piece. */
export function truthAt(places: readonly TimedPlace[], timeMs: number): LngLat {
  let low = 0
  let high = places.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((places[middle] as TimedPlace).timeMs <= timeMs) low = middle
    else high = middle
  }
  const [from, to] = [places[low] as TimedPlace, places[high] as TimedPlace]
  const share = to.timeMs > from.timeMs ? (timeMs - from.timeMs) / (to.timeMs - from.timeMs) : 0
  return between(from, to, Math.min(1, Math.max(0, share)))
}

/** How fast and whereto the rider truly went then, over two seconds around it. */
export function courseAt(places: readonly TimedPlace[], timeMs: number): { mps: number; headingDeg: number } {
  const [from, to] = [truthAt(places, timeMs - 1_000), truthAt(places, timeMs + 1_000)]
  return { mps: distanceM(from, to) / 2, headingDeg: bearingDeg(from, to) }
}

function pieceFrom(places: readonly TimedPlace[], first: number, lengthMs: number): TimedPlace[] {
  const endMs = (places[first]?.timeMs ?? 0) + lengthMs
  const end = places.findIndex(({ timeMs }, i) => i > first && timeMs > endMs)
  return end < 0 ? [] : places.slice(first, end + 1)
}

function spanOf(piece: readonly TimedPlace[]): number {
  return (piece.at(-1)?.timeMs ?? 0) - (piece[0]?.timeMs ?? 0)
}

function townMovementMs(piece: readonly TimedPlace[]): number {
  let movingMs = 0
  for (const [i, to] of piece.entries()) {
    const from = piece[i - 1]
    if (!from) continue
    const stepMs = to.timeMs - from.timeMs
    const mps = distanceM(from, to) / (stepMs / 1_000)
    if (mps > 25 || stepMs > 10_000) return 0
    if (mps > movingMps) movingMs += stepMs
  }
  return movingMs
}

/** Leaves out points within the tolerance of the line through the others (Douglas and Peucker, 1973). */
function simplified(places: readonly LngLat[]): LngLat[] {
  const kept = new Set([0, places.length - 1])
  const stack: [number, number][] = [[0, places.length - 1]]
  for (let span = stack.pop(); span; span = stack.pop()) {
    const [from, to] = span
    let farthest = { index: -1, offM: toleranceM }
    for (let i = from + 1; i < to; i++) {
      const offM = offSegmentM(places[i] as LngLat, places[from] as LngLat, places[to] as LngLat)
      if (offM > farthest.offM) farthest = { index: i, offM }
    }
    if (farthest.index < 0) continue
    kept.add(farthest.index)
    stack.push([from, farthest.index], [farthest.index, to])
  }
  return places.filter((_, i) => kept.has(i)).map(({ lng, lat }) => ({ lng, lat }))
}

/** How far `place` is from the piece of line between `a` and `b`; flat. */
export function offSegmentM(place: LngLat, a: LngLat, b: LngLat): number {
  return distanceM(place, between(a, b, shareOnSegment(place, a, b)))
}

/** Where on the piece of line the place nearest to `place` is, 0 … 1. */
export function shareOnSegment(place: LngLat, a: LngLat, b: LngLat): number {
  const narrow = Math.cos((a.lat * Math.PI) / 180)
  const [dx, dy] = [(b.lng - a.lng) * narrow, b.lat - a.lat]
  const length2 = dx * dx + dy * dy
  if (length2 === 0) return 0
  return Math.min(1, Math.max(0, ((place.lng - a.lng) * narrow * dx + (place.lat - a.lat) * dy) / length2))
}
