/** What the demo's server knows of its riders' pace: a company that has delivered for a while has learned it. */

import { takeDataFolder } from '../../src/adapters/embedded/data-folder'
import { openAdapters } from '../../src/adapters/open'
import type { Config } from '../../src/config'
import type { PaceTable } from '../../src/domain/pace'
import { type FinishedTrip, learnTrip, NO_PACE } from '../../src/domain/pace'
import { prepareRoute } from '../../src/domain/route'
import { hourOfWeek } from '../../src/domain/timetable'
import { Metrics } from '../../src/metrics'
import { lights } from './lights'
import { DEMO_ROUTES, type DemoRoute, rideOf } from './routes'

/** So many times each way was ridden before. */
const RIDES = 8
const MARK_EVERY_MS = 5_000

/** The pace that riders of the demo's trips taught who ride `pace` times as fast as real ones. */
export function demoPace(pace: number, nowMs: number): PaceTable {
  let table = NO_PACE
  // By turns, so that no way is the vehicle's last word.
  for (let round = 0; round < RIDES; round++) {
    for (const route of DEMO_ROUTES) table = learnTrip(table, riddenTrip(route, pace, nowMs))
  }
  return table
}

/** Writes what was learned where the server will find it. The folder must not be in use. */
export async function teach(config: Config, table: PaceTable): Promise<void> {
  const folder = takeDataFolder(config.data)
  try {
    const onError = (error: unknown) => {
      throw error
    }
    const adapters = await openAdapters(config, folder, { epoch: () => 0, metrics: new Metrics(), onError })
    try {
      const { snapshots } = await adapters.openFanout()
      for (let partition = 0; partition < adapters.log.partitions; partition++) {
        await snapshots.savePace(partition, table)
      }
    } finally {
      await adapters.close()
    }
  } finally {
    folder.release()
  }
}

function riddenTrip(route: DemoRoute, pace: number, nowMs: number): FinishedTrip {
  const { polyline, precision, vehicle, pickup } = route
  const ride = rideOf(route, lights(route, pace))
  const marks: FinishedTrip['marks'][number][] = []
  const endMs = ride.durationMs / pace
  for (let timeMs = 0; timeMs < endMs; timeMs += MARK_EVERY_MS) {
    marks.push({ alongM: ride.at(timeMs * pace).alongM, timeMs })
  }
  marks.push({ alongM: ride.lengthM, timeMs: endMs })
  return { vehicle, hour: hourOfWeek(nowMs, pickup.lng), route: prepareRoute({ polyline, precision }), marks }
}
