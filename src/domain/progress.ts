/** Where along its route a rider is: snapped in a window, filtered, and never led astray by one fix. Pure: no clock. */

import { bearingDeg, distanceM, type Point } from './geo'
import { endOf, type Route, type Snap, segmentBearingDeg, snapToRoute } from './route'

/** What is read of an accepted fix. */
export interface Reading extends Point {
  /** Epoch ms, of a clock already corrected. */
  timeMs: number
  accuracyM?: number
  headingDeg?: number
}

/** A rider's state on one route; plain JSON, and all that `advance` needs to go on after a restart. */
export interface Progress {
  routeId: string
  /** The last reading, whatever became of it. */
  lat: number
  lng: number
  timeMs: number
  /** Metres from the route's start, filtered. */
  alongM: number
  /** Along the route, filtered; negative while riding back. */
  speedMps: number
  /** When the filter last took a reading, and the metres over ground that readings moved since. */
  filterMs: number
  sinceM: number
  /** Covariance of (along, speed): m², m²/s, m²/s². */
  p: [number, number, number]
  /** The furthest point that counts: `alongM` falls at most `BACK_M` below it. Lowered only by riding back. */
  peakM: number
  /** Three readings agreed on going back; holds until the rider goes forward again. */
  backward: boolean
  /** All metres won on this and earlier routes of the trip. */
  travelledM: number
  /** Where and since when the rider has hardly moved. */
  anchorM: number
  anchorMs: number
  /** Standing: the place is held, so that jitter does not move it. */
  held: boolean
  /** How far beside the route the last reading was. */
  perpM: number
  offRoute: boolean
  /** Readings away from the route in a row, since when, and the metres moved meanwhile. */
  away?: { fixes: number; sinceMs: number; movedM: number; lat: number; lng: number }
  /** Readings in a row that agree on a place elsewhere on the route: behind, or beyond the filter's gate. */
  elsewhere?: { fixes: number; alongM: number }
  /** How often a new route was asked for, and when last; see `asksForRoute`. */
  asks: number
  askedMs: number
}

/** How far back a place may slip: less is GPS noise, more needs `AGREEING_FIXES`. */
export const BACK_M = 30
/** So many readings in a row are believed against what was known. */
export const AGREEING_FIXES = 3
/** The window ahead: a reading is at most so far on (126 km/h), but at least `WINDOW_MIN_M`. */
const WINDOW = { minM: 120, mps: 35 } as const
/** After a longer silence the rider may be anywhere ahead. */
const GAP_S = 60
/**
 * What a metre from the expected place costs, in metres beside the line; over a long silence it fades. The expected place
 * is as far on as the reading moved over ground: the filter's speed would carry one slip on into the next.
 */
const NEAR = { weight: 0.2, fullUntilS: 15 } as const
/** Where nothing in the window fits, a reading that moved no faster than this is looked for as far on as it moved. */
const MAX_GROUND_MPS = 55
const ASSUMED_ACCURACY_M = 15
/** Away from the route: so far (or twice the accuracy), for so many readings, so long and after so many metres. */
export const OFF_ROUTE = {
  perpM: 50,
  accuracies: 2,
  fixes: 3,
  afterMs: 15_000,
  movedM: 100,
  /** What counts as a move. */
  hopM: 25,
  /** How much further beside it a parallel road may be, and what still counts as parallel. */
  parallel: 1.5,
  parallelDeg: 30,
} as const
/** Back on it: nearer than this (or 1.5 accuracies), twice in a row. */
const REJOIN = { perpM: 35, accuracies: 1.5, fixes: 2 } as const
/** A new route is asked for at most this often, doubling up to the last. */
const ASK_AGAIN = { minMs: 20_000, maxMs: 320_000 } as const
/** The filter: what a rider's acceleration is like, the best a receiver does, how odd a reading is refused. */
const FILTER = { accelMps2: 1.5, minErrorM: 5, gateSigmas: 4, backMps: -3, maxMps: 55 } as const
/** Standing: within the radius (or the accuracy) for so long that the speed is below this. */
const STILL = { radiusM: 12, mps: 0.7 } as const
/** A heading means something only above this speed. */
const HEADING_MIN_MPS = 2
/** Off the route the way that is left is this much longer than the straight line. */
export const DETOUR_FACTOR = 1.35

/**
 * The state after one more accepted reading; `undefined` or another route's state starts anew on `route`.
 *
 * A reading not later than the last changes nothing, so a replay is harmless. Deterministic, also after the state went
 * through JSON. `alongM` stays within the route and never falls more than `BACK_M` below `peakM` unless `backward`.
 */
export function advance(state: Progress | undefined, route: Route, reading: Reading): Progress {
  if (state === undefined || state.routeId !== route.id) return start(state, route, reading)
  if (reading.timeMs <= state.timeMs) return state
  const accuracyM = reading.accuracyM ?? ASSUMED_ACCURACY_M
  const dtS = (reading.timeMs - state.filterMs) / 1000
  const anywhere = state.offRoute || dtS > GAP_S
  const sinceM = state.sinceM + distanceM(state, reading)
  const next: Progress = { ...state, lat: reading.lat, lng: reading.lng, timeMs: reading.timeMs, sinceM }
  const headingDeg = headingOf(state, reading, accuracyM)

  const stepM = Math.max(WINDOW.minM, dtS * WINDOW.mps)
  const lowM = state.backward ? state.alongM - stepM : state.peakM - BACK_M
  const window = {
    fromM: Math.max(0, lowM),
    toM: anywhere ? route.lengthM : Math.max(state.peakM, state.alongM) + stepM,
    nearM: state.backward ? state.alongM : state.alongM + sinceM,
    nearWeight: NEAR.weight * Math.min(1, NEAR.fullUntilS / dtS) * Math.max(1, accuracyM / ASSUMED_ACCURACY_M),
    headingDeg: state.backward ? Number.NaN : headingDeg,
  }
  snap(route, next, ahead, window)
  if (ahead.perpM > OFF_ROUTE.perpM && !anywhere && sinceM <= MAX_GROUND_MPS * dtS) {
    window.toM = Math.max(window.toM, state.alongM + 1.5 * sinceM)
    snap(route, next, ahead, window)
  }
  let found: Snap = ahead
  let isBehind = false
  if (!state.backward && lowM > 0 && ahead.perpM > Math.max(BACK_M / 2, accuracyM)) {
    const fromM = anywhere ? 0 : Math.max(0, Math.min(lowM, state.elsewhere?.alongM ?? lowM) - stepM)
    const nearM = Math.min(lowM, state.elsewhere?.alongM ?? lowM)
    const headingBack = anywhere ? Number.NaN : opposite(headingDeg)
    snap(route, next, behind, { fromM, toM: lowM, nearM, nearWeight: NEAR.weight, headingDeg: headingBack })
    isBehind = behind.perpM + Math.max(BACK_M / 2, accuracyM) < ahead.perpM
    if (isBehind) found = behind
  }
  next.perpM = found.perpM

  if (found.perpM > awayLimitM(state, accuracyM, headingDeg, found, route)) return stepAway(next, accuracyM)
  if (state.offRoute && !isRejoined(next, found, accuracyM, isBehind)) return next
  delete next.away
  if (isBehind) {
    if (!agree(next, behind.alongM, stepM, AGREEING_FIXES)) return next
    resetTo(next, route, behind.alongM, accuracyM)
    next.backward = !anywhere
    next.peakM = next.alongM
  } else if (anywhere) resetTo(next, route, ahead.alongM, accuracyM)
  else if (!filter(next, ahead.alongM, accuracyM, dtS)) {
    if (!agree(next, ahead.alongM, stepM, AGREEING_FIXES)) return next
    resetTo(next, route, ahead.alongM, accuracyM)
  }
  delete next.elsewhere
  next.offRoute = false
  hold(next, state, found.alongM, accuracyM)
  return settle(next, route)
}

/** Whether this step asks for a new route: at once when the rider left it, then with growing patience. */
export function asksForRoute(before: Progress | undefined, after: Progress): boolean {
  return after.asks > (before?.asks ?? 0)
}

/** Metres still to go, ≥ 0; away from the route, a straight line made longer. */
export function remainingM(route: Route, progress: Progress): number {
  if (progress.offRoute) return DETOUR_FACTOR * distanceM(progress, endOf(route))
  return Math.max(0, route.lengthM - progress.alongM)
}

// Written anew by each call and read within it: no fix allocates a candidate.
const ahead: Snap = { alongM: 0, perpM: 0, cost: 0, segment: 0 }
const behind: Snap = { alongM: 0, perpM: 0, cost: 0, segment: 0 }

interface Window {
  fromM: number
  toM: number
  nearM: number
  nearWeight: number
  headingDeg: number
}

const query = { lat: 0, lng: 0, fromM: 0, toM: 0, nearM: 0, nearWeight: 0, headingDeg: Number.NaN }

function snap(route: Route, place: Point, out: Snap, window: Window): void {
  query.lat = place.lat
  query.lng = place.lng
  query.fromM = window.fromM
  query.toM = window.toM
  query.nearM = window.nearM
  query.nearWeight = window.nearWeight
  query.headingDeg = window.headingDeg
  snapToRoute(route, query, out)
}

/** Of all places near enough the earliest: a loop that ends where it began is still to be ridden. */
function start(old: Progress | undefined, route: Route, reading: Reading): Progress {
  const accuracyM = reading.accuracyM ?? ASSUMED_ACCURACY_M
  const window = { fromM: 0, toM: route.lengthM, nearM: 0, nearWeight: 0, headingDeg: Number.NaN }
  snap(route, reading, ahead, window)
  const nearEnoughM = ahead.perpM + Math.max(BACK_M, accuracyM)
  // The first stretch that is near enough, then the nearest point within it.
  const firstM = firstWithin(route, reading, nearEnoughM)
  snap(route, reading, ahead, { ...window, fromM: firstM, toM: Math.min(route.lengthM, firstM + 4 * nearEnoughM) })
  const { lat, lng, timeMs } = reading
  const progress: Progress = {
    routeId: route.id,
    lat,
    lng,
    timeMs,
    alongM: ahead.alongM,
    speedMps: 0,
    filterMs: timeMs,
    sinceM: 0,
    p: freshCovariance(accuracyM),
    peakM: ahead.alongM,
    backward: false,
    travelledM: old?.travelledM ?? 0,
    anchorM: ahead.alongM,
    anchorMs: timeMs,
    held: false,
    perpM: ahead.perpM,
    offRoute: false,
    asks: old?.asks ?? 0,
    askedMs: old?.askedMs ?? 0,
  }
  return ahead.perpM > Math.max(OFF_ROUTE.perpM, OFF_ROUTE.accuracies * accuracyM)
    ? stepAway(progress, accuracyM)
    : progress
}

function firstWithin(route: Route, place: Point, radiusM: number): number {
  const { cumM, lengthM } = route
  for (let i = 0; i + 1 < cumM.length; i++) {
    const fromM = cumM[i] as number
    const toM = cumM[i + 1] as number
    snap(route, place, behind, { fromM, toM, nearM: 0, nearWeight: 0, headingDeg: Number.NaN })
    if (behind.perpM <= radiusM) return Math.max(0, behind.alongM - radiusM)
  }
  return lengthM
}

/** The way the rider goes, by the phone or from the last reading; NaN when it hardly moves. */
function headingOf(state: Progress, reading: Reading, accuracyM: number): number {
  if (Math.abs(state.speedMps) < HEADING_MIN_MPS) return Number.NaN
  if (reading.headingDeg !== undefined) return reading.headingDeg
  return distanceM(state, reading) > Math.max(STILL.radiusM, accuracyM) ? bearingDeg(state, reading) : Number.NaN
}

function opposite(deg: number): number {
  return (deg + 180) % 360
}

/** A parallel road is no other way: while the rider goes where the route goes, it may be further beside it. */
function awayLimitM(state: Progress, accuracyM: number, headingDeg: number, found: Snap, route: Route): number {
  const limitM = Math.max(OFF_ROUTE.perpM, OFF_ROUTE.accuracies * accuracyM)
  if (state.offRoute || found.perpM <= limitM || Number.isNaN(headingDeg)) return limitM
  // A reading whose nearest point is the window's end is not beside the route but beyond it.
  if (found.alongM <= 0 || found.alongM >= route.lengthM) return limitM
  const apartDeg = Math.abs(((headingDeg - segmentBearingDeg(route, found.segment) + 540) % 360) - 180)
  const isParallel = apartDeg <= OFF_ROUTE.parallelDeg && found.alongM > state.alongM
  return isParallel ? OFF_ROUTE.parallel * limitM : limitM
}

/** One more reading away from the route: the place is held, and after enough of them a new route is asked for. */
function stepAway(next: Progress, accuracyM: number): Progress {
  delete next.elsewhere
  const { lat, lng, timeMs } = next
  const { away } = next
  if (away === undefined) {
    next.away = { fixes: 1, sinceMs: timeMs, movedM: 0, lat, lng }
    return next
  }
  const hopM = distanceM(away, next)
  // Jitter adds up; only a move out of the noise counts.
  const moved = hopM > Math.max(OFF_ROUTE.hopM, OFF_ROUTE.accuracies * accuracyM)
  next.away = moved
    ? { ...away, fixes: away.fixes + 1, movedM: away.movedM + hopM, lat, lng }
    : { ...away, fixes: away.fixes + 1 }
  const isOff =
    next.away.fixes >= OFF_ROUTE.fixes &&
    timeMs - away.sinceMs >= OFF_ROUTE.afterMs &&
    next.away.movedM >= OFF_ROUTE.movedM
  if (!isOff && !next.offRoute) return next
  const patienceMs = Math.min(ASK_AGAIN.maxMs, ASK_AGAIN.minMs * 2 ** Math.min(4, next.asks))
  if (!next.offRoute && (next.asks === 0 || timeMs - next.askedMs >= ASK_AGAIN.minMs)) ask(next)
  else if (next.offRoute && timeMs - next.askedMs >= patienceMs) ask(next)
  next.offRoute = true
  return next
}

function ask(next: Progress): void {
  next.asks += 1
  next.askedMs = next.timeMs
}

function isRejoined(next: Progress, found: Snap, accuracyM: number, isBehind: boolean): boolean {
  if (found.perpM > Math.max(REJOIN.perpM, REJOIN.accuracies * accuracyM)) {
    delete next.elsewhere
    return false
  }
  // Behind needs the agreement that `advance` asks for anyway.
  return isBehind || agree(next, found.alongM, WINDOW.minM + WINDOW.mps * 30, REJOIN.fixes)
}

/** Counts readings in a row that agree on a place elsewhere, each within reach of the one before. */
function agree(next: Progress, alongM: number, reachM: number, needed: number): boolean {
  const { elsewhere } = next
  const agrees = elsewhere !== undefined && Math.abs(elsewhere.alongM - alongM) <= reachM
  next.elsewhere = { fixes: agrees ? elsewhere.fixes + 1 : 1, alongM }
  return next.elsewhere.fixes >= needed
}

/** Begins the filter anew at a place that is believed. */
function resetTo(next: Progress, route: Route, alongM: number, accuracyM: number): void {
  const dtS = (next.timeMs - next.filterMs) / 1000
  const speedMps = dtS > 0 ? Math.min(next.sinceM / dtS, WINDOW.mps) : 0
  // By the ground, since a place that was wrong before makes no speed.
  next.speedMps = alongM < next.alongM ? -speedMps : speedMps
  next.alongM = Math.min(route.lengthM, Math.max(0, alongM))
  next.p = freshCovariance(accuracyM)
  next.filterMs = next.timeMs
  next.sinceM = 0
  next.anchorM = next.alongM
  next.anchorMs = next.timeMs
  next.held = false
}

function freshCovariance(accuracyM: number): Progress['p'] {
  return [Math.max(FILTER.minErrorM, accuracyM) ** 2, 0, 25]
}

/** One step of a Kalman filter on (along, speed) with white acceleration; false when the reading fails the gate. */
function filter(next: Progress, measuredM: number, accuracyM: number, dtS: number): boolean {
  const [p00, p01, p11] = next.p
  const noise = FILTER.accelMps2 ** 2 * dtS * dtS
  const predictedM = next.alongM + next.speedMps * dtS
  const q00 = p00 + 2 * dtS * p01 + dtS * dtS * p11 + (noise * dtS * dtS) / 4
  const q01 = p01 + dtS * p11 + (noise * dtS) / 2
  const q11 = p11 + noise
  const innovationM = measuredM - predictedM
  const s = q00 + Math.max(FILTER.minErrorM, accuracyM) ** 2
  if (innovationM * innovationM > FILTER.gateSigmas ** 2 * s) return false
  const k0 = q00 / s
  const k1 = q01 / s
  next.alongM = predictedM + k0 * innovationM
  const leastMps = next.backward ? -FILTER.maxMps : FILTER.backMps
  next.speedMps = Math.min(FILTER.maxMps, Math.max(leastMps, next.speedMps + k1 * innovationM))
  next.p = [(1 - k0) * q00, (1 - k0) * q01, q11 - k1 * q01]
  next.filterMs = next.timeMs
  next.sinceM = 0
  return true
}

/** Holds the place of a rider who stands: within a radius for so long that its speed is no speed. */
function hold(next: Progress, before: Progress, measuredM: number, accuracyM: number): void {
  const radiusM = Math.max(STILL.radiusM, accuracyM)
  if (Math.abs(measuredM - before.anchorM) > radiusM || next.anchorMs === next.timeMs) {
    next.anchorM = next.alongM
    next.anchorMs = next.timeMs
    next.held = false
    return
  }
  if (((next.timeMs - next.anchorMs) / 1000) * STILL.mps < radiusM) return
  next.held = true
  next.alongM = before.held ? before.alongM : next.alongM
  next.speedMps = 0
  next.p = freshCovariance(accuracyM)
}

/** Keeps the place on the route and within what it may slip, and counts the metres won. */
function settle(next: Progress, route: Route): Progress {
  if (next.backward) {
    next.peakM = Math.min(next.peakM, next.alongM)
    // The lowest point is the turning point: well beyond it the rider goes forward again.
    if (next.alongM > next.peakM + BACK_M) next.backward = false
  }
  const lowM = next.backward ? 0 : next.peakM - BACK_M
  next.alongM = Math.min(route.lengthM, Math.max(0, lowM, next.alongM))
  if (!next.backward && next.alongM > next.peakM) {
    next.travelledM += next.alongM - next.peakM
    next.peakM = next.alongM
  }
  return next
}
