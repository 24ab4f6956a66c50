/** SIGTERM under load: every viewer is told when to come back, and nothing acknowledged is missing after the restart. */

import { retryAfterMs } from '../../cli/simulate/viewer.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { countsText, Load } from './load.ts'
import { OrderChurn } from './order-churn.ts'
import type { Report } from './report.ts'
import { ServerUnderTest } from './server-under-test.ts'
import { differences, integrity, miscounted, missingOf, readFixes } from './stored.ts'

export const name = 'drain'

const RIDERS = 500
const VIEWERS_PER_ORDER = 3
const VIEWERS = RIDERS * VIEWERS_PER_ORDER
const LOAD_MS = 6_000
/** All told, all saved, the process gone. */
const EXIT_WITHIN_MS = 5_000
/** The server asks 1,500 viewers to spread over 3 s. */
const SPREAD = { leastMs: 100, mostMs: 3_100 } as const

export async function run(report: Report): Promise<void> {
  const folder = tempFolder()
  const server = await ServerUnderTest.make(folder.path)
  let load: Load | undefined
  let churn: OrderChurn | undefined
  try {
    await server.start()
    load = await Load.open(server, { riders: RIDERS, viewersPerOrder: VIEWERS_PER_ORDER, intervalMs: 1_000 })
    churn = await OrderChurn.open(server)
    load.ride()
    churn.start()
    await Bun.sleep(LOAD_MS)

    const signalMs = performance.now()
    const code = await server.stop()
    const exitMs = performance.now() - signalMs
    report.check('exit code 0', code === 0, code)
    report.check('the process is gone in time', exitMs < EXIT_WITHIN_MS, `${exitMs.toFixed(0)} ms`)
    checkStored(report, server, load)

    const execMs = performance.now()
    const listeningMs = await server.start()
    await load.untilAllBack(20_000)
    const backMs = performance.now() - execMs
    await load.untilNewest(5_000)
    report.progress(`listening in ${listeningMs.toFixed(0)} ms, all viewers back in ${backMs.toFixed(0)} ms`)
    checkCloses(report, load)
    await churn.pause()
    await load.pullOver()
    await load.untilNewest(5_000)
    const wentBack = load.sum(({ wentBack }) => wentBack)
    report.check('no marker went back', wentBack === 0, wentBack)
    report.check('no version went back, no frame was foreign', load.tally.violations + load.tally.foreign === 0)
    report.check('no fix was refused', Object.keys(load.refused).length === 0, countsText(load.refused))
    report.check('a second SIGTERM ends with exit code 0', (await server.stop()) === 0)
    checkStored(report, server, load)
    const { orders } = miscounted(server.dataFolder)
    report.check('each record was folded exactly once', orders.length === 0, orders.slice(0, 3).join('; '))
  } finally {
    load?.close()
    await churn?.pause()
    if (server.isAlive) await server.kill()
    folder.remove()
  }
}

/** Beside these there are re-openings that came too early: they were refused while the server was away. */
function checkCloses(report: Report, { closes, tally }: Load): void {
  const waitsMs = closes.filter(({ code }) => code === 1012).map(({ reason }) => retryAfterMs(reason))
  const told = waitsMs.filter((ms) => ms !== undefined)
  const least = Math.min(...told)
  const most = Math.max(...told)
  report.check(
    `all ${VIEWERS} viewers got 1012 with retry_after_ms`,
    told.length === VIEWERS && waitsMs.length === VIEWERS,
    countsText(tally.closes),
  )
  report.check(
    'their returns are spread',
    least >= SPREAD.leastMs && most <= SPREAD.mostMs && most - least > 2_000,
    `${least} to ${most} ms`,
  )
}

function checkStored(report: Report, server: ServerUnderTest, load: Load): void {
  const missing = missingOf(load.acknowledged, readFixes(server.dataFolder))
  const whole = integrity(server.dataFolder)
  const differing = differences(server.dataFolder)
  report.check('acknowledged = found', missing.length === 0, `${load.acknowledged.size}, ${missing.length} missing`)
  report.check('integrity_check of both files', whole === 'ok', whole)
  report.check('rows and facts say the same', differing.length === 0, differing.slice(0, 5).join('; '))
}
