/** Kills a loaded server again and again; after each kill looks at what it left, and that all go on where they were. */

import { tempFolder } from '../support/temp-folder.ts'
import { countsText, Load, type LoadSize } from './load.ts'
import { OrderChurn, progressOf } from './order-churn.ts'
import type { Report } from './report.ts'
import { ServerUnderTest } from './server-under-test.ts'
import { differences, integrity, miscounted, missingOf, readFacts, readFixes, readRows } from './stored.ts'

export interface KillOptions extends LoadSize {
  kills: number
  /** A kill comes at a random moment between these, after all were well. */
  afterMs: readonly [least: number, most: number]
  /** How long viewers may take to come back, and then to show the newest. */
  backWithinMs: number
  newestWithinMs: number
}

/** Runs all rounds and adds their checks to the report. */
export async function killRounds(report: Report, options: KillOptions): Promise<void> {
  const folder = tempFolder()
  const server = await ServerUnderTest.make(folder.path)
  let load: Load | undefined
  let churn: OrderChurn | undefined
  try {
    await server.start()
    load = await Load.open(server, options)
    churn = await OrderChurn.open(server)
    load.ride()
    churn.start()
    const wrong: Wrong = { lost: [], forgotten: [], damaged: [], differing: [] }
    for (let round = 1; round <= options.kills; round++) {
      const [least, most] = options.afterMs
      await Bun.sleep(least + Math.random() * (most - least))
      report.progress(await killOnce(round, wrong, server, load, churn, options))
    }
    await churn.pause()
    await load.pullOver()
    await load.untilNewest(options.newestWithinMs)
    checkDisk(report, options.kills, wrong)
    checkViewers(report, options.kills, load)
    report.check('a SIGTERM after all of it ends with exit code 0', (await server.stop()) === 0)
    checkTracks(report, server, load)
  } finally {
    load?.close()
    await churn?.pause()
    if (server.isAlive) await server.kill()
    folder.remove()
  }
}

/** What did not hold, over all kills. */
interface Wrong {
  /** Acknowledged fixes that are not in the log. */
  lost: string[]
  /** Orders that are not as far as they were told to be. */
  forgotten: string[]
  damaged: string[]
  /** After the restart: orders whose row and fact differ. */
  differing: string[]
}

/** @returns the line to print */
async function killOnce(
  round: number,
  wrong: Wrong,
  server: ServerUnderTest,
  load: Load,
  churn: OrderChurn,
  options: KillOptions,
): Promise<string> {
  const name = `kill ${round} of ${options.kills}`
  await server.kill()
  const walMb = server.walMb()
  const fixes = readFixes(server.dataFolder)
  const missing = missingOf(load.acknowledged, fixes)
  const whole = integrity(server.dataFolder)
  const rows = readRows(server.dataFolder)
  const facts = readFacts(server.dataFolder)
  const unpublished = [...rows].filter(([id, { rev }]) => facts.get(id)?.rev !== rev).length
  const forgotten = [...churn.told].filter(([id, status]) => progressOf(rows.get(id)?.status) < progressOf(status))
  const acknowledged = load.acknowledged.size
  wrong.lost.push(...missing)
  wrong.forgotten.push(...forgotten.map(([id]) => `${name}: ${id} was told to be ${churn.told.get(id)}`))
  if (whole !== 'ok') wrong.damaged.push(`${name}: ${whole}`)

  const execMs = performance.now()
  const listeningMs = await server.start()
  await load.untilAllBack(options.backWithinMs)
  const backMs = performance.now() - execMs
  await load.untilNewest(options.newestWithinMs)
  const newestMs = performance.now() - execMs
  await churn.pause()
  wrong.differing.push(...differences(server.dataFolder).map((difference) => `${name}: ${difference}`))
  churn.start()
  const violations = load.tally.violations
  const wentBack = load.sum(({ wentBack }) => wentBack)
  return [
    `${name}: acknowledged ${acknowledged}, found ${acknowledged - missing.length} (+${fixes.copies} copies)`,
    `integrity ${whole}, wal ${walMb.toFixed(1)} MB`,
    `${rows.size} orders (${unpublished} unpublished at the kill)`,
    `listening in ${seconds(listeningMs)}, all viewers back in ${seconds(backMs)}, at the newest in ${seconds(newestMs)}`,
    `violations ${violations}, foreign ${load.tally.foreign}, marker went back ${wentBack}, older served ${load.sum(({ olderServed }) => olderServed)}`,
  ].join('; ')
}

function checkDisk(report: Report, kills: number, { lost, forgotten, damaged, differing }: Wrong): void {
  const check = (what: string, wrong: readonly string[]) =>
    report.check(`${kills} kills: ${what}`, wrong.length === 0, [wrong.length, ...wrong.slice(0, 5)].join('; '))
  check('every acknowledged fix is in the log', lost)
  check('every order is as it was last told', forgotten)
  check('integrity_check of both files is ok', damaged)
  check('rows and facts say the same after the restart', differing)
}

function checkViewers(report: Report, kills: number, load: Load): void {
  const { tally } = load
  const wentBack = load.sum(({ wentBack }) => wentBack)
  report.check('no version went back on a socket', tally.violations === 0, tally.violations)
  report.check('no frame was foreign', tally.foreign === 0, tally.foreign)
  report.check('no marker went back', wentBack === 0, wentBack)
  report.check('one epoch all along', load.epochs === 1, load.epochs)
  report.check('viewers came back each time', tally.reconnects >= kills * load.watching.length, tally.reconnects)
  report.check('no fix was refused', Object.keys(load.refused).length === 0, countsText(load.refused))
  report.check(
    'fixes were acknowledged',
    load.acknowledged.size > 0,
    `${load.acknowledged.size}; ${countsText(load.statuses)}`,
  )
}

/** The tracks at rest: all records folded exactly once, over all kills, and only copies were dropped. */
function checkTracks(report: Report, server: ServerUnderTest, load: Load): void {
  const fixes = readFixes(server.dataFolder)
  const missing = missingOf(load.acknowledged, fixes)
  report.check('at the end every acknowledged fix is in the log', missing.length === 0, missing.slice(0, 5).join())
  const { orders, dropped } = miscounted(server.dataFolder)
  const total = Object.values(dropped).reduce((sum, count) => sum + count, 0)
  report.check('each record was folded exactly once', orders.length === 0, orders.slice(0, 3).join('; '))
  report.check(
    'dropped is what was stored twice',
    total === fixes.copies,
    `${countsText(dropped)} of ${fixes.copies} copies`,
  )
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
