/** Nothing breaks: five minutes of an installation of separate binaries under its load. */

import type { Report } from '../report.ts'
import { percentilesText } from './cluster-load.ts'
import { withScene } from './scene.ts'

export const name = 'cluster-steady'
const RUN_MS = Number(process.env.FAULTS_STEADY_MS ?? 300_000)

export function run(report: Report): Promise<void> {
  return withScene(report, {}, async ({ cluster, load }) => {
    const before = new Map(cluster.processes.map((one) => [one, one.cpuS()]))
    await Bun.sleep(RUN_MS)
    for (const one of cluster.processes) {
      const share = (one.cpuS() - (before.get(one) ?? 0)) / (RUN_MS / 1_000)
      report.progress(`${one.name}: ${(100 * share).toFixed(1)} % of a core, ${one.rssMb().toFixed(0)} MiB`)
    }
    report.check('no socket was closed', load.closes.length === 0, load.closes.length)
    report.progress(`gaps ${percentilesText(load.gapsMs())}`)
  })
}
