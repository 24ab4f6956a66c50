/** The tracker's gates: one ordered list; each lets a record pass, names why not, or asks to set it aside. */

import { AHEAD_TOLERANCE_MS } from './fix-times'
import { distanceM } from './geo'
import type { LocationRecord } from './location-record'
import { hasEnded, type Order } from './order'
import { clearForAssignment, type DropCode, type LateReject, type Place, type Track } from './track'
import type { Vehicle } from './view'

/** One record on its way through the gates. `track` is this fold's own copy and may be written; its arrays may not. */
export interface Step {
  track: Track
  readonly order: Order | undefined
  readonly record: LocationRecord
  readonly place: Place
}

type Gate = (step: Step) => DropCode | 'set_aside' | undefined

/** A rider's fixes count from this long before the assignment: clocks and buttons are not exact. */
export const BEFORE_ASSIGNMENT_SLACK_MS = 10_000
/** With no position yet, an older fix does not become one. */
export const FIRST_FIX_MAX_AGE_MS = 60_000
/** A worse fix is not worth a marker. */
export const MAX_ACCURACY_M = 100
/** What a fix without an accuracy is taken to have. */
export const ASSUMED_ACCURACY_M = 15
/** Late rejects that witness a slow clock: so many, received so far apart, with lags alike and not falling. */
export const REANCHOR = { rejects: 3, apartMs: 1_000, lagAgreesMs: 2_000, fallShare: 0.25, fallJitterMs: 500 } as const

/** The fastest that each vehicle is believed, in metres per second (25, 60, 130, 180 km/h). */
const MAX_SPEED_MPS: Record<Vehicle, number> = { foot: 7, bicycle: 16.7, motorbike: 36.1, car: 50, van: 50 }

/** The order matters: whose record it is, then when it was, then whether it can be true. */
export const GATES: readonly Gate[] = [
  assignmentGate,
  clockGate,
  beforeAssignmentGate,
  duplicateGate,
  lateGate,
  nullIslandGate,
  accuracyGate,
  speedGate,
]

/**
 * Whose record it is, by the newer of what the table and the track know: assignments only rise, so a table behind the
 * track (another owner's, saved) must not bring a former rider back.
 */
function assignmentGate(step: Step): ReturnType<Gate> {
  const { order, record, track } = step
  // A stub was assigned to nobody; only an assignment after it belongs to the id's next life.
  if (order?.gone) return (record.assignment ?? 0) > order.rev ? 'set_aside' : 'gone'
  if (record.assignment !== undefined && record.assignment < track.assignment) return 'handed_over'
  if (order === undefined) return record.vouched && track.assignment === 0 ? vouchedGate(step) : 'set_aside'
  if (order.assignment < Math.max(track.assignment, record.assignment ?? 0)) return 'set_aside'
  if (hasEnded(order)) return 'ended'
  if (order.assignment === 0) return 'unassigned'
  if (record.assignment === undefined) {
    if (record.partner_id !== order.partner_id) return 'wrong_partner'
  } else if (record.assignment < order.assignment) return 'handed_over'
  align(step, order.assignment)
  return undefined
}

/** An order that only a token names belongs to the first rider who sends for it. */
function vouchedGate(step: Step): ReturnType<Gate> {
  align(step, 0)
  const { track, record } = step
  if (track.boundTo !== undefined && track.boundTo !== record.partner_id) return 'wrong_partner'
  track.boundTo = record.partner_id
  return undefined
}

function align(step: Step, assignment: number): void {
  if (step.track.assignment === assignment) return
  step.track = clearForAssignment(step.track, assignment)
  step.place.timeMs = step.record.fix_time_ms
}

/** A slow clock that was set right shows as a fix from the future: from here on its own times hold again. */
function clockGate({ track, record, place }: Step): undefined {
  if (track.lagMs === 0 || place.timeMs <= record.received_ms + AHEAD_TOLERANCE_MS) return
  track.lagMs = 0
  place.timeMs = record.fix_time_ms
}

/** A backlog from earlier jobs, or from home, is nobody's business here. */
function beforeAssignmentGate(step: Step): ReturnType<Gate> {
  const { order, place } = step
  if (order === undefined || place.timeMs >= order.assignment - BEFORE_ASSIGNMENT_SLACK_MS) return undefined
  return isSlowClock(step) ? undefined : 'before_assignment'
}

/** A retry of the newest fix, or of the newest jump: sent three times, one wild fix must not bear itself out. */
function duplicateGate({ track, place }: Step): ReturnType<Gate> {
  return isSameFix(track.last, place) || isSameFix(track.jumpRejects.at(-1), place) ? 'duplicate' : undefined
}

function isSameFix(one: Place | undefined, other: Place): boolean {
  if (one === undefined) return false
  if (other.id !== undefined && other.id === one.id) return true
  return other.lat === one.lat && other.lng === one.lng && other.deviceTimeMs === one.deviceTimeMs
}

/** Never back in time; and a first position must be recent. */
function lateGate(step: Step): ReturnType<Gate> {
  const { track, place } = step
  if (track.last === undefined) {
    if (place.receivedMs - place.timeMs <= FIRST_FIX_MAX_AGE_MS) return undefined
    return isSlowClock(step) ? undefined : 'too_old'
  }
  if (place.timeMs >= track.last.timeMs) return undefined
  return isSlowClock(step) ? undefined : 'late'
}

/**
 * Whether this reject, with those before it, shows that the phone's clock is slow; then its lag is added from here on.
 *
 * Three readings, each newer than the last, received at least a second apart with one and the same lag, and nothing
 * accepted in between: that is a clock. Readings of one request share their receive time, and a backfill that is catching
 * up has a falling lag; neither is a clock, or a tunnel's backlog would run the marker back. The place before stays, and the
 * gates that follow measure from it: what only looked like a clock is then a jump.
 */
function isSlowClock(step: Step): boolean {
  const { track, record, place } = step
  const rejects = addReject(track.lateRejects, { deviceTimeMs: record.fix_time_ms, receivedMs: record.received_ms })
  if (rejects === track.lateRejects) return false
  track.lateRejects = rejects
  if (!isOneClock(rejects)) return false
  track.lagMs = Math.min(...rejects.map(lagOf))
  place.timeMs = record.fix_time_ms + track.lagMs
  return true
}

/** The rejects with one more; the same list when it tells nothing new. */
function addReject(rejects: LateReject[], reject: LateReject): LateReject[] {
  const previous = rejects.at(-1)
  if (previous === undefined) return [reject]
  const isNewer = reject.deviceTimeMs > previous.deviceTimeMs
  // Within one request the newest reading speaks: its lag is the least.
  if (reject.receivedMs === previous.receivedMs) return isNewer ? [...rejects.slice(0, -1), reject] : rejects
  if (reject.receivedMs - previous.receivedMs < REANCHOR.apartMs) return rejects
  return isNewer ? [...rejects, reject].slice(-REANCHOR.rejects) : [reject]
}

function isOneClock(rejects: readonly LateReject[]): boolean {
  const [first, last] = [rejects[0], rejects.at(-1)]
  if (first === undefined || last === undefined || rejects.length < REANCHOR.rejects) return false
  const lags = rejects.map(lagOf)
  if (Math.max(...lags) - Math.min(...lags) > REANCHOR.lagAgreesMs) return false
  // A backlog sent faster than it was recorded has a lag that falls with time; a clock's only jitters.
  const fallMs = lagOf(first) - lagOf(last)
  return fallMs <= REANCHOR.fallShare * (last.receivedMs - first.receivedMs) + REANCHOR.fallJitterMs
}

function lagOf(reject: LateReject): number {
  return reject.receivedMs - reject.deviceTimeMs
}

function nullIslandGate({ place }: Step): ReturnType<Gate> {
  return place.lat === 0 && place.lng === 0 ? 'null_island' : undefined
}

function accuracyGate({ place }: Step): ReturnType<Gate> {
  return (place.accuracyM ?? 0) > MAX_ACCURACY_M ? 'inaccurate' : undefined
}

/** Faster than the vehicle can be, even with both accuracies as slack: a jump, unless three of them agree. */
function speedGate({ track, order, place }: Step): ReturnType<Gate> {
  const maxMps = MAX_SPEED_MPS[order?.vehicle ?? 'car']
  if (track.last === undefined || isReachable(track.last, place, maxMps)) return undefined
  const previous = track.jumpRejects.at(-1)
  const agrees = previous !== undefined && place.timeMs >= previous.timeMs && isReachable(previous, place, maxMps)
  track.jumpRejects = agrees ? [...track.jumpRejects, place] : [place]
  return track.jumpRejects.length >= REANCHOR.rejects ? undefined : 'jump'
}

function isReachable(from: Place, to: Place, maxMps: number): boolean {
  const slackM = (from.accuracyM ?? ASSUMED_ACCURACY_M) + (to.accuracyM ?? ASSUMED_ACCURACY_M)
  const seconds = Math.max(1, (to.timeMs - from.timeMs) / 1000)
  return distanceM(from, to) <= slackM + maxMps * seconds
}
