/** When the rider arrives: the timetable's seconds that are left, times how late the rider has been running. Pure. */

import type { Progress } from './progress'
import { remainingM } from './progress'
import type { Route } from './route'
import { type Prior, secondsTo, type Timetable } from './timetable'

/** A stop planned before the drop. */
export interface PlannedStop {
  alongM: number
  /** How long it is expected to last; absent, `EXPECTED_DWELL_S`. */
  dwellS?: number
}

/** What the trip has shown so far; plain JSON. */
export interface EtaState {
  routeId: string
  timeMs: number
  /** The timetable's seconds at the place of `timeMs`. */
  atS: number
  /** Seconds that passed while riding, those long ago counting less. */
  elapsedS: number
  /** What the timetable expected for the same way. */
  expectedS: number
  /** Since when the rider stands; absent while it moves. */
  stillMs?: number
  /** The next planned stop, an index. */
  nextStop: number
  /** The rider stands at that stop. */
  atStop: boolean
  /** At a stop or away from the route: what passes until the next reading says nothing of the pace. */
  paused: boolean
}

/** An arrival with the range that four of five arrivals lie in. */
export interface Estimate {
  remainingS: number
  arrivalMs: number
  earliestMs: number
  latestMs: number
  /** Standing for long where no stop is planned. */
  delayed: boolean
}

/** The estimator's constants: few, fitted on one half of recorded trips and judged on the other. */
export interface EtaConstants {
  /** How many seconds of riding as expected outweigh what the trip itself shows. */
  trustS: Record<Prior['source'], number>
  /** What happened so long ago counts 1/e. */
  forgetS: number
  /** Standing longer than this says nothing more of the pace. */
  longStopS: number
  /**
   * The range, as a share of what is left: so many times the prior's spread, less as the trip itself shows its pace; so
   * much of how far the trip is off the prior; what lights and lifts add by chance, per root of a second; and seconds.
   */
  range: { spreads: number; offPrior: number; perRootS: number; leastS: number }
}

export const ETA: EtaConstants = {
  trustS: { learned: 800, engine: 400, table: 200 },
  forgetS: 600,
  longStopS: 120,
  range: { spreads: 2, offPrior: 0.6, perRootS: 4, leastS: 15 },
}

/** Late or early by more than this is another vehicle, or a mistake. */
const RATIO = { min: 0.2, max: 6 } as const
/** Median time at a drop, seconds, as measured on delivery agents. */
export const EXPECTED_DWELL_S = 75
const STOP_RADIUS_M = 80
/** Whoever has stood longer than expected will stand about so much longer. */
const DWELL_REST_S = 20
/** Standing so long where no stop is planned is a delay. */
const DELAYED_AFTER_MS = 180_000

/** The state after one more step of `advance`; another route starts it anew but keeps the pace that was shown. */
export function advanceEta(
  state: EtaState | undefined,
  route: Route,
  timetable: Timetable,
  stops: readonly PlannedStop[],
  progress: Progress,
  constants: EtaConstants = ETA,
): EtaState {
  const { timeMs } = progress
  if (state === undefined || state.routeId !== route.id) return start(state, route, timetable, stops, progress)
  if (timeMs <= state.timeMs) return state
  const next: EtaState = { ...state, timeMs }
  passStops(next, stops, progress)
  const stood = markStill(next, state, progress)
  const dtS = (timeMs - state.timeMs) / 1000
  next.atS = secondsTo(route, timetable, progress.alongM)
  // Away from the route there is no expectation, and at a planned stop time has its own.
  next.paused = progress.offRoute || next.atStop
  if (next.paused || state.paused) return next
  const keep = Math.exp(-dtS / constants.forgetS)
  const countedS = Math.max(0, Math.min(dtS, constants.longStopS - stood))
  next.elapsedS = state.elapsedS * keep + countedS
  const wayS = next.atS - state.atS
  next.expectedS = Math.max(0, state.expectedS * keep + (progress.backward ? Math.abs(wayS) : wayS))
  return next
}

/** When the rider arrives, as of the state's last reading. All values are finite, and never before that reading. */
export function estimateEta(
  state: EtaState,
  route: Route,
  timetable: Timetable,
  stops: readonly PlannedStop[],
  progress: Progress,
  constants: EtaConstants = ETA,
): Estimate {
  const totalS = timetable.cumS.at(-1) ?? 0
  const trustS = constants.trustS[timetable.source]
  const ratio = clamp((trustS + state.elapsedS) / (trustS + state.expectedS), RATIO.min, RATIO.max)
  const meanSpm = route.lengthM > 0 ? totalS / route.lengthM : 0
  const rideS = progress.offRoute ? remainingM(route, progress) * meanSpm : Math.max(0, totalS - state.atS)
  const remainingS = ratio * rideS + dwellLeftS(state, stops)
  const { spreads, offPrior, perRootS, leastS } = constants.range
  const doubt = (spreads * timetable.spread * trustS) / (trustS + state.expectedS)
  const leftS = Math.max(1, remainingS)
  const share = Math.hypot(doubt, offPrior * Math.log(ratio), perRootS / Math.sqrt(leftS), leastS / leftS)
  const stoodMs = state.stillMs === undefined ? 0 : state.timeMs - state.stillMs
  // Who has stood for long may well stand as long again.
  const waitS = stoodMs >= DELAYED_AFTER_MS ? stoodMs / 1000 : 0
  const delayed = stoodMs >= DELAYED_AFTER_MS && !state.atStop
  return {
    remainingS,
    arrivalMs: Math.round(state.timeMs + remainingS * 1000),
    earliestMs: Math.round(state.timeMs + remainingS * Math.exp(-share) * 1000),
    latestMs: Math.round(state.timeMs + (remainingS * growth(share) + waitS) * 1000),
    delayed,
  }
}

function start(
  old: EtaState | undefined,
  route: Route,
  timetable: Timetable,
  stops: readonly PlannedStop[],
  progress: Progress,
): EtaState {
  const state: EtaState = {
    routeId: route.id,
    timeMs: progress.timeMs,
    atS: secondsTo(route, timetable, progress.alongM),
    elapsedS: old?.elapsedS ?? 0,
    expectedS: old?.expectedS ?? 0,
    nextStop: 0,
    atStop: false,
    paused: false,
  }
  passStops(state, stops, progress)
  state.paused = progress.offRoute || state.atStop
  return state
}

/** Stops left behind are done; standing near the next one is dwelling there. */
function passStops(next: EtaState, stops: readonly PlannedStop[], progress: Progress): void {
  for (let stop = stops[next.nextStop]; stop !== undefined; stop = stops[next.nextStop]) {
    if (progress.alongM <= stop.alongM + STOP_RADIUS_M) break
    next.nextStop += 1
  }
  const stop = stops[next.nextStop]
  next.atStop = stop !== undefined && progress.held && Math.abs(progress.alongM - stop.alongM) <= STOP_RADIUS_M
}

/** Returns for how many seconds the rider had stood before this step. */
function markStill(next: EtaState, before: EtaState, progress: Progress): number {
  if (!progress.held) {
    delete next.stillMs
    return 0
  }
  if (before.stillMs === undefined) next.stillMs = progress.anchorMs
  return Math.max(0, (before.timeMs - (next.stillMs ?? before.timeMs)) / 1000)
}

function dwellLeftS(state: EtaState, stops: readonly PlannedStop[]): number {
  let seconds = 0
  for (let i = state.nextStop; i < stops.length; i++) {
    const expectedS = stops[i]?.dwellS ?? EXPECTED_DWELL_S
    const spentS = i === state.nextStop && state.atStop ? (state.timeMs - (state.stillMs ?? state.timeMs)) / 1000 : 0
    seconds += Math.max(Math.min(DWELL_REST_S, expectedS), expectedS - spentS)
  }
  return seconds
}

/** As much later as `exp(-share)` is earlier, but close to the end, where the share is large, no more than in seconds. */
function growth(share: number): number {
  return Math.max(1 + share, Math.exp(Math.min(share, 1.2)))
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}
