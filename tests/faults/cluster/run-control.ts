/** The control plane is away: auth and Postgres for a minute, while an ingest process restarts. */

import { countsText } from '../load.ts'
import type { Report } from '../report.ts'
import { checkGaps, withScene } from './scene.ts'

export const name = 'cluster-control'

export function run(report: Report): Promise<void> {
  return withScene(report, {}, async ({ cluster, load, handovers }) => {
    load.restartGaps()
    const [first] = cluster.ingests as [(typeof cluster.ingests)[number]]
    await cluster.auth.kill()
    await cluster.postgres.kill()
    await Bun.sleep(15_000)
    const stopped = await first.terminate()
    report.check(
      'ingest ends with 0 while auth is away',
      stopped.code === 0,
      `${stopped.code}, ${Math.round(stopped.tookMs)} ms`,
    )
    const readyMs = await first.start()
    report.check('ingest starts while auth is away', true, `${Math.round(readyMs)} ms`)
    await Bun.sleep(40_000)
    checkGaps(report, 'auth and Postgres away 60 s: gap ≤ 2 s', load.gapsMs(), { maxMs: 2_000 })
    report.check('no socket was closed', load.closes.length === 0, countsText(load.tally.closes))
    const done = handovers.completed
    await cluster.postgres.restart()
    await cluster.auth.start()
    await Bun.sleep(20_000)
    report.check('orders can be written again', handovers.completed > done, `${handovers.completed - done} orders`)
  })
}
