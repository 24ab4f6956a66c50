/** Where along its route a rider is: snapped in a window ahead, filtered, and never led astray by one fix. Pure: no clock. */

import { type AlongFilter, filterAlong, freshCovariance, holdStill, resetFilter, STILL } from './along-filter'
import { bearingDeg, distanceM, type Point } from './geo'
import { awayLimitM, type Departure, OFF_ROUTE, rejoinLimitM, stepAway } from './off-route'
import { endOf, type Route, type Snap, snapToRoute } from './route'

/** What is read of an accepted fix. */
export interface Reading extends Point {
  /** Epoch ms, of a clock already corrected. */
  timeMs: number
  accuracyM?: number
  headingDeg?: number
}

/** A rider's state on one route; plain JSON, and all that `advance` needs to go on after a restart. */
export interface Progress extends AlongFilter {
  routeId: string
  /** The last reading, whatever became of it. */
  lat: number
  lng: number
  /** The furthest point that counts: `alongM` falls at most `BACK_M` below it. Lowered only by riding back. */
  peakM: number
  /** All metres won on this and earlier routes of the trip. */
  travelledM: number
  /** How far beside the route the last reading was. */
  perpM: number
  offRoute: boolean
  away?: Departure
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
/** The window ahead: a reading is at most so far on (126 km/h), but at least `minM`. */
const WINDOW = { minM: 120, mps: 35 } as const
/** After a longer silence the rider may be anywhere ahead. */
const GAP_S = 60
/**
 * What a metre from the expected place costs, in metres beside the line; over a long silence it fades. The expected place
 * is as far on as the reading moved over ground: the filter's speed would carry one slip on into the next.
 */
const NEAR = { weight: 0.2, fullUntilS: 15, fadesTo: 0.25 } as const
/** Where nothing in the window fits, a reading that moved no faster than this is looked for as far on as it moved. */
const MAX_GROUND_MPS = 55
const ASSUMED_ACCURACY_M = 15
/**
 * A reading too far beside the route, but no further than so many times the limit, is mostly a poor one: until more of
 * them agree that the route was left, the place goes on with it, as a reading with an error so large.
 */
const LONE_READING = 1.5
/** Back on the route: so many readings that agree within this. */
const REJOIN = { fixes: 2, reachM: 1_200 } as const
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
  const stretch = {
    fromM: Math.max(0, lowM),
    toM: anywhere ? route.lengthM : Math.max(state.peakM, state.alongM) + stepM,
    nearM: state.backward ? state.alongM : state.alongM + movedOf(sinceM, accuracyM),
    nearWeight: nearWeight(dtS, accuracyM),
    headingDeg: state.backward ? Number.NaN : headingDeg,
  }
  snap(route, next, ahead, stretch)
  if (ahead.perpM > OFF_ROUTE.perpM && !anywhere && sinceM <= MAX_GROUND_MPS * dtS) {
    stretch.toM = Math.max(stretch.toM, state.alongM + 1.5 * sinceM)
    snap(route, next, ahead, stretch)
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

  const limitM = state.offRoute ? rejoinLimitM(accuracyM) : awayLimitM(state, accuracyM, headingDeg, found, route)
  if (found.perpM > limitM) {
    const goesOn = !(isBehind || state.offRoute || state.held) && found.perpM <= LONE_READING * limitM
    if (goesOn && filterAlong(next, found.alongM, Math.max(accuracyM, found.perpM), dtS)) {
      return settle(stepAway(next, accuracyM), route)
    }
    return stepAway(next, accuracyM)
  }
  // Behind needs the agreement that is asked for below anyway.
  if (state.offRoute && !isBehind && !agree(next, found.alongM, REJOIN.reachM, REJOIN.fixes)) return next
  delete next.away
  if (isBehind) {
    if (!agree(next, behind.alongM, stepM, AGREEING_FIXES)) return next
    resetFilter(next, route.lengthM, behind.alongM, accuracyM)
    next.backward = !anywhere
    next.peakM = next.alongM
  } else if (anywhere) resetFilter(next, route.lengthM, ahead.alongM, accuracyM)
  else if (!filterAlong(next, ahead.alongM, accuracyM, dtS)) {
    if (!agree(next, ahead.alongM, stepM, AGREEING_FIXES)) return next
    resetFilter(next, route.lengthM, ahead.alongM, accuracyM)
  }
  delete next.elsewhere
  next.offRoute = false
  holdStill(next, state, found.alongM, accuracyM)
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

function snap(route: Route, place: Point, out: Snap, stretch: Window): void {
  query.lat = place.lat
  query.lng = place.lng
  query.fromM = stretch.fromM
  query.toM = stretch.toM
  query.nearM = stretch.nearM
  query.nearWeight = stretch.nearWeight
  query.headingDeg = stretch.headingDeg
  snapToRoute(route, query, out)
}

/** A poor receiver says less of how far beside the line the rider is, so where it was expected weighs more. */
function nearWeight(dtS: number, accuracyM: number): number {
  const faded = Math.max(NEAR.fadesTo, Math.min(1, NEAR.fullUntilS / dtS))
  return NEAR.weight * faded * Math.max(1, accuracyM / ASSUMED_ACCURACY_M)
}

/** How far a rider moved between two readings: less than they are apart, since both are off by their accuracy. */
function movedOf(apartM: number, accuracyM: number): number {
  return Math.sqrt(Math.max(0, apartM * apartM - 2 * accuracyM * accuracyM))
}

/** Of all places near enough the earliest: a loop that ends where it began is still to be ridden. */
function start(old: Progress | undefined, route: Route, reading: Reading): Progress {
  const accuracyM = reading.accuracyM ?? ASSUMED_ACCURACY_M
  const stretch = { fromM: 0, toM: route.lengthM, nearM: 0, nearWeight: 0, headingDeg: Number.NaN }
  snap(route, reading, ahead, stretch)
  const nearEnoughM = ahead.perpM + Math.max(BACK_M, accuracyM)
  // The first stretch that is near enough, then the nearest point within it.
  const firstM = firstWithin(route, reading, nearEnoughM)
  snap(route, reading, ahead, { ...stretch, fromM: firstM, toM: Math.min(route.lengthM, firstM + 4 * nearEnoughM) })
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
  const limitM = awayLimitM(progress, accuracyM, Number.NaN, ahead, route)
  return ahead.perpM > limitM ? stepAway(progress, accuracyM) : progress
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

/** Counts readings in a row that agree on a place elsewhere, each within reach of the one before. */
function agree(next: Progress, alongM: number, reachM: number, needed: number): boolean {
  const { elsewhere } = next
  const agrees = elsewhere !== undefined && Math.abs(elsewhere.alongM - alongM) <= reachM
  next.elsewhere = { fixes: agrees ? elsewhere.fixes + 1 : 1, alongM }
  return next.elsewhere.fixes >= needed
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
