/** Fan-out processes that die, sleep, go and come. */

import { countsText } from '../load.ts'
import type { Report } from '../report.ts'
import { checkGaps, withScene } from './scene.ts'

export const killed = {
  name: 'cluster-kill',
  run: (report: Report) =>
    withScene(report, {}, async ({ cluster, load }) => {
      const [victim] = cluster.fanouts as [(typeof cluster.fanouts)[number]]
      const own = load.on(victim)
      const others = load.watching.filter((one) => !own.includes(one))
      load.restartGaps()
      await victim.kill()
      await Bun.sleep(12_000)
      checkGaps(report, 'kill -9: gap of viewers on other processes p99 ≤ 5 s', load.gapsMs(others), { p99Ms: 5_000 })
      checkGaps(report, 'kill -9: gap of its own viewers p99 ≤ 5 s', load.gapsMs(own), { p99Ms: 5_000 })
      await victim.start()
      load.restartGaps()
      await Bun.sleep(6_000)
      checkGaps(report, 'it comes back: gap p99 ≤ 2 s', load.gapsMs(), { p99Ms: 2_000 })
    }),
}

export const slept = {
  name: 'cluster-sleep',
  run: (report: Report) =>
    withScene(report, {}, async ({ cluster, load }) => {
      const [sleeper] = cluster.fanouts as [(typeof cluster.fanouts)[number]]
      const own = load.on(sleeper)
      const others = load.watching.filter((one) => !own.includes(one))
      load.restartGaps()
      const startMs = performance.now()
      sleeper.signal('SIGSTOP')
      const back = async () => {
        while (own.some(({ node, viewer }) => node === sleeper || !viewer.isOpen)) await Bun.sleep(50)
        return performance.now() - startMs
      }
      const backMs = await Promise.race([back(), Bun.sleep(58_000).then(() => Infinity)])
      await Bun.sleep(Math.max(0, 60_000 - (performance.now() - startMs)))
      checkGaps(report, 'SIGSTOP: gap of viewers on other processes p99 ≤ 5 s', load.gapsMs(others), { p99Ms: 5_000 })
      report.check(
        'SIGSTOP: its own viewers are all back within 32 s',
        backMs <= 32_000,
        `${own.length} in ${Math.round(backMs)} ms`,
      )
      load.restartGaps()
      const [violations, older] = [load.tally.violations, load.sum(({ olderServed }) => olderServed)]
      sleeper.signal('SIGCONT')
      await Bun.sleep(10_000)
      report.check(
        'SIGCONT: nothing old that the sleeper sends is shown',
        load.tally.violations === violations && load.sum(({ olderServed }) => olderServed) === older,
        `${load.tally.violations - violations} versions back`,
      )
      checkGaps(report, 'SIGCONT: gap p99 ≤ 2 s', load.gapsMs(), { p99Ms: 2_000 })
    }),
}

export const rolling = {
  name: 'cluster-rolling',
  run: (report: Report) =>
    withScene(report, {}, async ({ cluster, load }) => {
      load.restartGaps()
      for (const one of [...cluster.fanouts]) {
        const { code, tookMs } = await one.terminate()
        report.check(
          `SIGTERM of ${one.name}: exit 0 within 20 s`,
          code === 0 && tookMs <= 20_000,
          `${code} after ${Math.round(tookMs)} ms`,
        )
        await one.start()
        await Bun.sleep(3_000)
      }
      checkGaps(report, 'rolling restart: gap ≤ 2 s', load.gapsMs(), { maxMs: 2_000 })
      const codes: Record<string, number> = {}
      for (const { code } of load.closes) codes[code] = (codes[code] ?? 0) + 1
      report.check('rolling restart: no 1006', codes[1006] === undefined, countsText(codes))
      load.restartGaps()
      await cluster.addFanout()
      await Bun.sleep(5_000)
      checkGaps(report, 'a fourth joins: gap ≤ 2 s', load.gapsMs(), { maxMs: 2_000 })
    }),
}
