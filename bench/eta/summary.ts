/** The figures of one variant over its trips. */

import { BASELINES } from './baselines'
import type { Judged, Sample } from './judge'
import { bootstrap, mean, quantile } from './statistics'

export interface Summary {
  trips: number
  readings: number
  /** Trip-balanced, seconds. */
  maeS: number
  maeInterval: [number, number]
  /** Over all readings. */
  p90S: number
  within2Min: number
  lastMinutesS: { under4: number; from4To10: number; over10: number }
  biasS: number
  /** Each baseline's trip-balanced error, and ours as a share of it with its interval. */
  baselines: Record<string, { maeS: number; ratio: number; interval: [number, number] }>
  shownMaeS: number
  upTicksATrip: number
  putOffsATrip: number
  rangeCoverage: number
  coverageByReading: number
  /** Of the range as it is shown. */
  shownRangeCoverage: number
  /** Mean of |said − true| seconds over trips that went on long enough to be judged, and those where it was never said. */
  arrivalErrorS: number
  arrivalsJudged: number
  arrivalsMissed: number
  jumpsPer1000: number
  /** Readings taken to be off the route; on a trip's own line none is. */
  offRoutePer1000: number
}

/** Readings in the arrival circle that `arrived` needs, and one for the phone's rhythm. */
const ARRIVAL_READINGS = 3

export function summarize(judged: readonly Judged[], seed: number): Summary {
  const samples = judged.flatMap((trip) => trip.samples)
  const between = (fromS: number, toS: number) =>
    mean(samples.filter(({ leftS }) => leftS >= fromS && leftS < toS).map(({ errorS }) => Math.abs(errorS)))
  const maeOf = (trips: readonly Judged[]) => balanced(trips, ({ errorS }) => Math.abs(errorS))
  const fixes = judged.reduce((sum, trip) => sum + trip.fixes, 0)
  const parked = judged.filter(({ after }) => after >= ARRIVAL_READINGS)
  const arrivals = parked.flatMap(({ arrivalErrorS }) => arrivalErrorS ?? [])
  return {
    trips: judged.length,
    readings: samples.length,
    maeS: maeOf(judged),
    maeInterval: bootstrap(judged, maeOf, seed),
    p90S: quantile(
      samples.map(({ errorS }) => Math.abs(errorS)),
      0.9,
    ),
    within2Min: mean(samples.map(({ errorS }) => (Math.abs(errorS) <= 120 ? 1 : 0))),
    lastMinutesS: {
      under4: between(0, 240),
      from4To10: between(240, 600),
      over10: between(600, Number.POSITIVE_INFINITY),
    },
    biasS: balanced(judged, ({ errorS }) => errorS),
    baselines: Object.fromEntries(
      BASELINES.map((name, index) => {
        const baseline = (trips: readonly Judged[]) =>
          balanced(trips, ({ baselineErrorsS }) => Math.abs(baselineErrorsS[index] ?? Number.NaN))
        const ratio = (trips: readonly Judged[]) => maeOf(trips) / baseline(trips)
        return [name, { maeS: baseline(judged), ratio: ratio(judged), interval: bootstrap(judged, ratio, seed) }]
      }),
    ),
    shownMaeS: balanced(judged, ({ shownErrorS }) => Math.abs(shownErrorS)),
    upTicksATrip: mean(judged.map(({ upTicks }) => upTicks)),
    putOffsATrip: mean(judged.map(({ bumps }) => bumps)),
    rangeCoverage: balanced(judged, ({ inRange }) => (inRange ? 1 : 0)),
    shownRangeCoverage: balanced(judged, ({ shownInRange }) => (shownInRange ? 1 : 0)),
    coverageByReading: mean(samples.map(({ inRange }) => (inRange ? 1 : 0))),
    arrivalErrorS: mean(arrivals.map(Math.abs)),
    arrivalsJudged: parked.length,
    arrivalsMissed: parked.length - arrivals.length,
    jumpsPer1000: (1000 * judged.reduce((sum, trip) => sum + trip.jumps, 0)) / fixes,
    offRoutePer1000: (1000 * judged.reduce((sum, trip) => sum + trip.offRoute, 0)) / fixes,
  }
}

/** The mean over trips of each trip's own mean. */
export function balanced(trips: readonly Judged[], value: (sample: Sample) => number): number {
  return mean(trips.map(({ samples }) => mean(samples.map(value))))
}
