/** What a trip that ended can teach: its trail laid on its route once more. */

import type { FinishedTrip } from './pace'
import { advance, type Progress, type Reading } from './progress'
import type { Route } from './route'
import { hourOfWeek, type PaceVehicle } from './timetable'

/**
 * A trip out of the readings of its trail, oldest first, for `learnTrip`.
 *
 * Undefined when it teaches nothing: no readings, or a rider who left the route or rode back, since then the time was not
 * spent on the route's metres.
 */
export function finishedTrip(
  route: Route,
  vehicle: PaceVehicle,
  readings: readonly Reading[],
): FinishedTrip | undefined {
  const first = readings[0]
  if (first === undefined) return undefined
  const marks: { alongM: number; timeMs: number }[] = []
  let progress: Progress | undefined
  for (const reading of readings) {
    progress = advance(progress, route, reading)
    if (progress.offRoute || progress.backward) return undefined
    // By the peak, so that a slip back within the noise is no metre ridden twice.
    marks.push({ alongM: progress.peakM, timeMs: progress.timeMs })
  }
  return { vehicle, hour: hourOfWeek(first.timeMs, first.lng), route, marks }
}
