/** The grid over the estimator's constants: fitted on one half of the trips, shown beside the other. */

import { ETA, type EtaConstants } from '../../src/domain/eta'
import type { Prior } from '../../src/domain/timetable'
import { judge } from './judge'
import type { Ride } from './ride'
import { balanced } from './summary'

const TRUSTS = [60, 120, 200, 400, 800, 1600]
const FORGETS = [300, 600, 1200]
const LONG_STOPS = [60, 120, 600]

/** Which half a trip is in: constants are fitted on `fit`, reported on `report`. */
export function halfOf(tripId: string): 'fit' | 'report' {
  return Number.parseInt(tripId.slice(-1), 16) % 2 === 0 ? 'fit' : 'report'
}

export interface FitRow {
  trustS: number
  forgetS: number
  longStopS: number
  fitMaeS: number
  fitCoverage: number
  reportMaeS: number
  reportCoverage: number
}

/** All cells of the grid, the best on the fitting half first. */
export function fitGrid(rides: readonly Ride[], priors: ReadonlyMap<string, Prior>): FitRow[] {
  const rows: FitRow[] = []
  for (const trustS of TRUSTS) {
    for (const forgetS of FORGETS) {
      for (const longStopS of LONG_STOPS) {
        const trusts = { learned: trustS, engine: trustS, table: trustS }
        const constants: EtaConstants = { ...ETA, trustS: trusts, forgetS, longStopS }
        const [fit, report] = (['fit', 'report'] as const).map((half) => judgeHalf(rides, priors, half, constants))
        if (fit === undefined || report === undefined) continue
        const [fitMaeS, fitCoverage] = fit
        const [reportMaeS, reportCoverage] = report
        rows.push({ trustS, forgetS, longStopS, fitMaeS, fitCoverage, reportMaeS, reportCoverage })
      }
    }
  }
  return rows.sort((a, b) => a.fitMaeS - b.fitMaeS)
}

function judgeHalf(
  rides: readonly Ride[],
  priors: ReadonlyMap<string, Prior>,
  half: 'fit' | 'report',
  constants: EtaConstants,
): [maeS: number, coverage: number] {
  const judged = rides
    .filter(({ trip }) => halfOf(trip.id) === half)
    .flatMap((ride) => {
      const prior = priors.get(ride.trip.id)
      return prior === undefined ? [] : [judge(ride, prior, { constants, withBaselines: false })]
    })
    .filter(({ samples }) => samples.length > 0)
  return [balanced(judged, ({ errorS }) => Math.abs(errorS)), balanced(judged, ({ inRange }) => (inRange ? 1 : 0))]
}
