/** What the tracker knows of one order's rider, and the fold that turns records into positions. Pure: no I/O, no clock. */

import { clearForAssignment, GATES, type Step } from './gates'
import { bearingDeg, distanceM } from './geo'
import type { LocationRecord } from './location-record'
import { type MotionState, NO_MOTION, updateMotion } from './motion'
import type { Order } from './order'

/** An accepted (or provisionally rejected) fix in the tracker's terms. */
export interface Place {
  at: number
  id?: string
  lat: number
  lng: number
  /** The fix's time with the track's `lagMs` added, epoch ms: what ages and speeds are computed from. */
  timeMs: number
  deviceTimeMs: number
  receivedMs: number
  accuracyM?: number
  speedMps?: number
  headingDeg?: number
}

/** The tracker's state of one order; saved as it is by `Snapshots`. */
export interface Track {
  orderId: string
  /** The offset of the last record folded: a lower or equal one was seen already. */
  at: number
  /** The assignment that all below belongs to. */
  assignment: number
  /** The rider that a vouched order is bound to: its first. */
  boundTo?: string
  last?: Place
  /** What is added to every fix time: a slow clock, found by re-anchoring. */
  lagMs: number
  /** Late fixes that agree so far on a slow clock, oldest first. */
  lateRejects: LateReject[]
  /** Too-fast fixes that agree with each other so far, oldest first. */
  jumpRejects: Place[]
  motion: MotionState
  /** The usual time between fixes in milliseconds, smoothed. */
  intervalMs: number
  /** How many records each gate refused. */
  dropped: Partial<Record<DropCode, number>>
}

/** A late fix that may witness a slow clock. */
export interface LateReject {
  deviceTimeMs: number
  receivedMs: number
}

/** Why a record did not become the position. */
export type DropCode =
  | 'gone'
  | 'ended'
  | 'unassigned'
  | 'handed_over'
  | 'wrong_partner'
  | 'assignment_unknown'
  | 'before_assignment'
  | 'duplicate'
  | 'too_old'
  | 'late'
  | 'null_island'
  | 'inaccurate'
  | 'jump'

/** All drop codes, for metrics that start at 0. */
export const DROP_CODES: readonly DropCode[] = [
  'gone',
  'ended',
  'unassigned',
  'handed_over',
  'wrong_partner',
  'assignment_unknown',
  'before_assignment',
  'duplicate',
  'too_old',
  'late',
  'null_island',
  'inaccurate',
  'jump',
]

/** Where a rider was, for the trail; `at` makes a replay add nothing. */
export interface TrailPoint {
  at: number
  lat: number
  lng: number
  timeMs: number
}

/** What folding one record came to. */
export type Folded =
  /** The record is the order's newest position. */
  | { kind: 'position'; track: Track; trail: TrailPoint }
  /** A gate refused it; a late one still belongs to the trail. */
  | { kind: 'dropped'; track: Track; code: DropCode; trail?: TrailPoint }
  /** It was folded before. */
  | { kind: 'seen'; track: Track }
  /** Its assignment is not in the table yet: fold it again when the table changes. */
  | { kind: 'set_aside'; track: Track }

/** A track of an order of which nothing is known. */
export function emptyTrack(orderId: string): Track {
  return {
    orderId,
    at: -1,
    assignment: 0,
    lagMs: 0,
    lateRejects: [],
    jumpRejects: [],
    motion: NO_MOTION,
    intervalMs: 0,
    dropped: {},
  }
}

/**
 * Folds one record into the track of its order.
 *
 * Deterministic in its arguments, so a replay from any saved track ends in the same position. A record at or below
 * `track.at` changes nothing. Returns a new track; the given one stays as it was.
 * @param order what the table says now; undefined when it has no such id
 */
export function fold(track: Track, order: Order | undefined, record: LocationRecord, at: number): Folded {
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
  return accepted(step)
}

/** Counts a drop that no fold decided, such as a set-aside record whose time ran out. */
export function countDrop(track: Track, code: DropCode): Track {
  return { ...track, dropped: { ...track.dropped, [code]: (track.dropped[code] ?? 0) + 1 } }
}

/**
 * Brings the track to `assignment`: a newer one clears last place, rejects and motion. An older one changes nothing, for
 * assignments only rise and whoever names an older one is behind.
 */
export function alignTrack(track: Track, assignment: number): Track {
  return assignment > track.assignment ? clearForAssignment(track, assignment) : track
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

function accepted({ track, place }: Step): Folded {
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
  return { kind: 'position', track, trail: trailPoint(place) }
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
