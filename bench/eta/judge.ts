/** One ride judged: what the estimate said at each shown reading against when the rider came. */

import { type ArrivalState, NO_ARRIVAL, updateArrival } from '../../src/domain/arrival'
import { advanceEta, ETA, type EtaConstants, type EtaState, estimateEta } from '../../src/domain/eta'
import {
  DISPLAY,
  type DisplayRules,
  isRunningLate,
  type ShownEta,
  showEta,
  shownMinutes,
} from '../../src/domain/eta-display'
import { nearnessOf } from '../../src/domain/road'
import { layTimetable, type Prior } from '../../src/domain/timetable'
import { Baselines } from './baselines'
import type { Ride } from './ride'

export interface Sample {
  leftS: number
  /** Estimated minus true; positive is too late. */
  errorS: number
  shownErrorS: number
  inRange: boolean
  /** The same of the range as it is shown. */
  shownInRange: boolean
  baselineErrorsS: number[]
}

export interface Judged {
  trip: string
  samples: Sample[]
  upTicks: number
  bumps: number
  /** Shown readings whose place on the route moved otherwise than the rider did, by more than `JUMP_M`. */
  jumps: number
  fixes: number
  offRoute: number
  asks: number
  /** Readings after the arrival: with fewer than two nobody can say that the rider arrived. */
  after: number
  /** When `arrived` was said, minus when it was true; undefined when it never was. */
  arrivalErrorS?: number
}

const JUMP_M = 100

export interface JudgeOptions {
  constants?: EtaConstants
  rules?: DisplayRules
  /** Left out while fitting: they do not change. */
  withBaselines?: boolean
}

/** Rides the trip once more with an estimate at each reading. */
export function judge({ trip, steps }: Ride, prior: Prior, options: JudgeOptions = {}): Judged {
  const { constants = ETA, rules = DISPLAY, withBaselines = true } = options
  const timetable = layTimetable(trip.route, prior)
  const baselines = new Baselines(trip.route, timetable)
  const judged: Judged = {
    trip: trip.id,
    samples: [],
    upTicks: 0,
    bumps: 0,
    jumps: 0,
    fixes: 0,
    offRoute: 0,
    asks: 0,
    after: 0,
  }
  let state: EtaState | undefined
  let shown: ShownEta | undefined
  let arrival: ArrivalState = NO_ARRIVAL
  let minutes: number | undefined
  let before = steps[0]
  for (const step of steps) {
    const { progress } = step
    state = advanceEta(state, trip.route, timetable, [], progress, constants)
    const foretold = withBaselines ? baselines.next(progress) : []
    judged.fixes += 1
    judged.asks = progress.asks
    if (progress.offRoute) judged.offRoute += 1
    if (before !== undefined) {
      const movedM = progress.alongM - before.progress.alongM
      if (Math.abs(movedM - (step.truthM - before.truthM)) > JUMP_M) judged.jumps += 1
      before = step
    }
    if (!step.isShown) continue
    arrival = updateArrival(arrival, nearnessOf(trip.route, progress), step.accuracyM)
    if (arrival.stage === 'arrived' && judged.arrivalErrorS === undefined) {
      judged.arrivalErrorS = (progress.timeMs - trip.arrivalMs) / 1000
    }
    const leftS = (trip.arrivalMs - progress.timeMs) / 1000
    if (leftS <= 0) {
      judged.after += 1
      continue
    }
    const estimate = estimateEta(state, trip.route, timetable, [], progress, constants)
    const last = shown
    shown = showEta(shown, estimate, progress.timeMs, rules)
    const now = shownMinutes(shown, progress.timeMs)
    if (minutes !== undefined && now > minutes) judged.upTicks += 1
    if (isRunningLate(last, shown)) judged.bumps += 1
    minutes = now
    judged.samples.push({
      leftS,
      errorS: estimate.remainingS - leftS,
      shownErrorS: Math.max(0, (shown.arrivalMs - progress.timeMs) / 1000) - leftS,
      shownInRange: shown.earliestMs <= trip.arrivalMs && trip.arrivalMs <= shown.latestMs,
      inRange: estimate.earliestMs <= trip.arrivalMs && trip.arrivalMs <= estimate.latestMs,
      baselineErrorsS: foretold.map((seconds) => seconds - leftS),
    })
  }
  return judged
}
