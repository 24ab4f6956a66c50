/** What the demo's server knows of its riders' pace: a company that has delivered for a while has learned it. */

import { takeDataFolder } from '../../src/adapters/embedded/data-folder'
import { openEmbedded } from '../../src/adapters/embedded/open'
import { configOf } from '../../src/config'
import { type FinishedTrip, learnTrip, NO_PACE, type PaceTable } from '../../src/domain/pace'
import { prepareRoute } from '../../src/domain/route'
import { hourOfWeek } from '../../src/domain/timetable'
import type { Snapshots } from '../../src/ports/snapshots'
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

/** Writes what was learned where a server on this folder finds it. Nobody else may be using the folder. */
export async function teach(dataFolder: string, table: PaceTable): Promise<void> {
  await withSnapshots(dataFolder, async (snapshots, partition) => snapshots.savePace(partition, table))
}

/** Opens what a server on this folder saves; it runs on one machine, so one partition is all there is. */
export async function withSnapshots<T>(
  dataFolder: string,
  use: (snapshots: Snapshots, partition: number) => Promise<T>,
): Promise<T> {
  const folder = takeDataFolder(dataFolder)
  const onError = (error: unknown) => {
    throw error
  }
  try {
    const adapters = await openEmbedded(configOf({ data: dataFolder }), folder, { epoch: () => 0, onError })
    try {
      const { snapshots } = await adapters.openFanout()
      return await use(snapshots, 0)
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
