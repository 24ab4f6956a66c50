/** The fold: turns the records of an order into its track, one by one. Pure: no I/O, no clock. */

import { GATES, type Step } from './gates'
import { bearingDeg, distanceM } from './geo'
import type { LocationRecord } from './location-record'
import { updateMotion } from './motion'
import type { Order } from './order'
import type { FinishedTrip } from './pace'
import { countDrop, type DropCode, type Place, type Track, type TrailPoint } from './track'
import { advanceTrip, type Knowledge, NO_KNOWLEDGE, type RouteRequest } from './trip'

/** What folding one record came to. */
export type Folded =
  /** The record is the order's newest position. */
  | { kind: 'position'; track: Track; trail: TrailPoint; request?: RouteRequest; finished?: FinishedTrip }
  /** A gate refused it; a late one still belongs to the trail. */
  | { kind: 'dropped'; track: Track; code: DropCode; trail?: TrailPoint }
  /** It was folded before. */
  | { kind: 'seen'; track: Track }
  /** Its assignment is not in the table yet: fold it again when the table changes. */
  | { kind: 'set_aside'; track: Track }

/**
 * Folds one record into the track of its order.
 *
 * Deterministic in its arguments, so a replay from any saved track ends in the same position. A record at or below
 * `track.at` changes nothing. Returns a new track; the given one stays as it was.
 * @param order what the table says now; undefined when it has no such id
 * @param known learned pace, and whether a route may be asked for: a position may come with such a request, whose answer
 *   `takeRoute` of `trip.ts` puts in
 */
export function fold(
  track: Track,
  order: Order | undefined,
  record: LocationRecord,
  at: number,
  known: Knowledge = NO_KNOWLEDGE,
): Folded {
  if (at <= track.at) return { kind: 'seen', track }
  const step: Step = {
    track: { ...track, at },
    order,
    record,
    place: placeOf(record, at, track.lagMs),
  }
  for (const gate of GATES) {
    const verdict = gate(step)
    if (verdict === undefined) continue
    if (verdict === 'set_aside') return { kind: 'set_aside', track }
    return dropped(step, verdict)
  }
  return accepted(step, known)
}

function placeOf(record: LocationRecord, at: number, lagMs: number): Place {
  const place: Place = {
    at,
    lat: record.lat,
    lng: record.lng,
    timeMs: record.fix_time_ms + lagMs,
    deviceTimeMs: record.device_time_ms,
    receivedMs: record.received_ms,
  }
  if (record.id !== undefined) place.id = record.id
  if (record.accuracy_m !== undefined) place.accuracyM = record.accuracy_m
  if (record.speed_mps !== undefined) place.speedMps = record.speed_mps
  if (record.heading_deg !== undefined) place.headingDeg = record.heading_deg
  return place
}

/** Drops that may still tell where the rider was, so the trail keeps them. */
const KEPT_IN_TRAIL: ReadonlySet<DropCode> = new Set(['late', 'too_old'])

function dropped(step: Step, code: DropCode): Folded {
  const track = countDrop(step.track, code)
  return KEPT_IN_TRAIL.has(code)
    ? { kind: 'dropped', track, code, trail: trailPoint(step.place) }
    : { kind: 'dropped', track, code }
}

function accepted({ track, place, order }: Step, known: Knowledge): Folded {
  const previous = track.last
  if (place.headingDeg === undefined) {
    const moved = previous !== undefined && distanceM(previous, place) >= HEADING_MIN_MOVE_M
    const headingDeg = moved ? bearingDeg(previous, place) : previous?.headingDeg
    if (headingDeg !== undefined) place.headingDeg = Math.round(headingDeg)
  }
  track.motion = updateMotion(track.motion, place, previous === undefined)
  track.intervalMs = smoothInterval(track.intervalMs, previous === undefined ? 0 : place.timeMs - previous.timeMs)
  track.last = place
  if (track.lateRejects.length > 0) track.lateRejects = []
  if (track.jumpRejects.length > 0) track.jumpRejects = []
  const step = order === undefined ? undefined : advanceTrip(track.trip, order, place, known)
  if (step === undefined) {
    if (track.trip !== undefined) delete track.trip
    return { kind: 'position', track, trail: trailPoint(place) }
  }
  track.trip = step.trip
  const folded: Folded = { kind: 'position', track, trail: trailPoint(place) }
  // One by one: to spread the rest of an object costs a microsecond, and most fixes bring neither.
  if (step.request !== undefined) folded.request = step.request
  if (step.finished !== undefined) folded.finished = step.finished
  return folded
}

/** Below this a bearing is GPS noise. */
const HEADING_MIN_MOVE_M = 5

/** Exponentially smoothed, gaps over a minute left out: an outage is not the feed's rhythm. */
function smoothInterval(oldMs: number, gapMs: number): number {
  if (gapMs <= 0 || gapMs > 60_000) return oldMs
  return oldMs === 0 ? gapMs : Math.round(oldMs + 0.2 * (gapMs - oldMs))
}

function trailPoint({ at, lat, lng, timeMs }: Place): TrailPoint {
  return { at, lat, lng, timeMs }
}
