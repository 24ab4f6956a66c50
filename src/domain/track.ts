/** What the tracker knows of one order's rider: plain data, saved as it is. `fold.ts` is what changes it. */

import { type MotionState, NO_MOTION } from './motion'
import type { Trip } from './trip'

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
  /** The way to the drop; absent while the order names none. */
  trip?: Trip
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
export const DROP_CODES = [
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
] as const
export type DropCode = (typeof DROP_CODES)[number]

/** Where a rider was, for the trail; `at` makes a replay add nothing. */
export interface TrailPoint {
  at: number
  lat: number
  lng: number
  timeMs: number
}

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

/** The track as it starts under another assignment: nothing of the former rider remains. */
export function clearForAssignment(track: Track, assignment: number): Track {
  const { last: _last, boundTo: _boundTo, trip: _trip, ...rest } = track
  return { ...rest, assignment, lagMs: 0, lateRejects: [], jumpRejects: [], motion: NO_MOTION, intervalMs: 0 }
}

const ALWAYS_NUMBERS = ['at', 'assignment', 'lagMs', 'intervalMs'] as const
const PLACE_NUMBERS = ['at', 'lat', 'lng', 'timeMs', 'deviceTimeMs', 'receivedMs'] as const

/**
 * Reads a saved track of `orderId`; undefined when it cannot be one. The trip is taken as it is, so a fold or a projection
 * of what another version saved may still fail.
 */
export function parseTrack(orderId: string, saved: unknown): Track | undefined {
  if (!isRecord(saved) || saved.orderId !== orderId || !hasNumbers(saved, ALWAYS_NUMBERS)) return undefined
  const { last, lateRejects, jumpRejects, motion, dropped } = saved
  if (last !== undefined && !(isRecord(last) && hasNumbers(last, PLACE_NUMBERS))) return undefined
  if (!Array.isArray(lateRejects) || !Array.isArray(jumpRejects)) return undefined
  return isRecord(motion) && typeof motion.kind === 'string' && isRecord(dropped)
    ? (saved as unknown as Track)
    : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function hasNumbers(value: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => Number.isFinite(value[name]))
}
