/** The server's disk is full: it says so and waits; with room again it is well by itself, and nothing told is lost. */

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isReady } from '../../cli/riders/own-server.ts'
import { until } from '../support/until.ts'
import { type Answer, BatchFiller } from './batch-filler.ts'
import { countsText, Load } from './load.ts'
import { OrderChurn } from './order-churn.ts'
import type { Report } from './report.ts'
import { ServerUnderTest } from './server-under-test.ts'
import { mountSmallDisk } from './small-disk.ts'
import { differences, integrity, missingOf, readFixes } from './stored.ts'

export const name = 'disk-full'

const DISK_MB = 40
const BALLAST_MB = 16
const ROOMY_MB = 250
const ROUNDS = 2
/** How long the server is watched while its disk is full: longer than a beat, and than a checkpoint of tracks. */
const FULL_FOR_MS = 13_000

export async function run(report: Report): Promise<void> {
  const disk = mountSmallDisk(DISK_MB)
  const dataFolder = join(disk.path, 'data')
  mkdirSync(dataFolder)
  const server = await ServerUnderTest.make(dataFolder)
  let load: Load | undefined
  let churn: OrderChurn | undefined
  try {
    await server.start()
    load = await Load.open(server, { riders: 20, viewersPerOrder: 3, intervalMs: 1_000 })
    churn = await OrderChurn.open(server)
    const filler = await BatchFiller.open(server, load.acknowledged)
    load.ride()
    churn.start(1)
    for (let round = 1; round <= ROUNDS; round++) {
      const ballast = join(disk.path, `ballast-${round}`)
      writeFileSync(ballast, Buffer.alloc((BALLAST_MB / ROUNDS) * 2 ** 20))
      await fillOnce(report, `round ${round}`, server, load, churn, filler, () => rmSync(ballast))
      disk.resize(DISK_MB + round * BALLAST_MB)
    }
    // Beside the log itself its write-ahead log needs room, until a checkpoint has emptied it.
    disk.resize(ROOMY_MB)
    await churn.pause()
    await load.pullOver()
    await load.untilNewest(5_000)
    checkViewers(report, load)
    await restartWhileFull(report, server, join(disk.path, 'ballast'))
    await load.untilAllBack(20_000)
    report.check('a SIGTERM ends with exit code 0', (await server.stop()) === 0)
    checkStored(report, 'at the end', server, load)
  } finally {
    load?.close()
    await churn?.pause()
    if (server.isAlive) await server.kill()
    disk.unmount()
  }
}

async function fillOnce(
  report: Report,
  name: string,
  server: ServerUnderTest,
  load: Load,
  churn: OrderChurn,
  filler: BatchFiller,
  makeRoom: () => void,
): Promise<void> {
  const refused = await postUntil(filler, ({ status }) => status !== 202)
  report.progress(`${name}: full after ${load.acknowledged.size} fixes, log.db-wal ${server.walMb().toFixed(1)} MB`)
  checkRefusal(report, `${name}: a fix is answered 503 disk_full with Retry-After`, refused)
  const stderrBefore = server.stderr.length
  const answers: Record<string, number> = {}
  const reasons = new Set<string>()
  let orderAnswer: Answer = { status: 0, code: '', retryAfter: null }
  for (const untilMs = performance.now() + FULL_FOR_MS; performance.now() < untilMs; await Bun.sleep(250)) {
    // A checkpoint may free a few pages for a moment: what has room is stored, and honestly so.
    const { status, code } = await filler.post()
    answers[`${status} ${code}`] = (answers[`${status} ${code}`] ?? 0) + 1
    const ready = await fetch(`${server.url}/readyz`)
    reasons.add(`${ready.status} ${((await ready.json()) as { reasons: string[] }).reasons.join()}`)
    const order = await churn.create()
    if (order.status !== 201) orderAnswer = order
  }
  report.progress(`${name}: while full: ${countsText(answers)}; readyz ${[...reasons].join(' | ')}`)
  report.check(
    `${name}: unready with the reason`,
    [...reasons].some((reason) => /^503 .*full/.test(reason)),
    [...reasons].join(' | '),
  )
  report.check(
    `${name}: only 202 and disk_full`,
    Object.keys(answers).every((answer) => answer === '202 ' || answer === '503 disk_full'),
    countsText(answers),
  )
  checkRefusal(report, `${name}: an order is answered 503 disk_full with Retry-After`, orderAnswer)
  report.check(`${name}: the process lives`, server.isAlive)
  const lines = server.stderr.slice(stderrBefore).split('\n').length
  report.check(`${name}: it does not flood its log`, lines < 20 * (FULL_FOR_MS / 1_000), `${lines} lines`)
  const open = load.watching.filter(({ viewer }) => viewer.isOpen).length
  report.check(`${name}: all sockets are open`, open === load.watching.length, open)

  makeRoom()
  const roomMs = performance.now()
  await until(() => isReady(server.url), 'ready with room again')
  const readyMs = performance.now() - roomMs
  await until(async () => (await filler.post(1)).status === 202, 'a fix is taken with room again')
  await until(async () => (await churn.create()).status === 201, 'an order is taken with room again')
  const takenMs = performance.now() - roomMs
  await load.untilNewest(10_000)
  report.progress(
    `${name}: ready ${readyMs.toFixed(0)} ms after there was room, all taken after ${takenMs.toFixed(0)} ms`,
  )
}

/** A start that cannot be has to say why, and must not damage anything; with room again it is a start like any other. */
async function restartWhileFull(report: Report, server: ServerUnderTest, ballast: string): Promise<void> {
  await server.kill()
  for (const chunkBytes of [2 ** 20, 2 ** 12, 1]) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(chunkBytes))
    } catch {
      // No room for another one: on to smaller ones.
    }
  }
  const outcome = await server.start().then(
    () => 'listens',
    (error: Error) => error.message,
  )
  report.check('a start on a full disk works or says why not', /^listens$|full/.test(outcome), outcome.trim())
  if (server.isAlive) await server.kill()
  rmSync(ballast)
  await server.start()
  report.check('with room it starts', await isReady(server.url))
}

async function postUntil(filler: BatchFiller, isEnd: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await filler.post()
    if (isEnd(answer)) return answer
  }
}

function checkRefusal(report: Report, what: string, { status, code, retryAfter }: Answer): void {
  const ok = status === 503 && code === 'disk_full' && Number(retryAfter) >= 1
  report.check(what, ok, `${status} ${code}, Retry-After ${retryAfter}`)
}

function checkViewers(report: Report, { tally, refused }: Load): void {
  report.check('no socket was closed', Object.keys(tally.closes).length === 0, countsText(tally.closes))
  report.check('no fix was refused for good', Object.keys(refused).length === 0, countsText(refused))
  report.check('no version went back, no frame was foreign', tally.violations + tally.foreign === 0)
}

function checkStored(report: Report, when: string, server: ServerUnderTest, load: Load): void {
  const missing = missingOf(load.acknowledged, readFixes(server.dataFolder))
  const whole = integrity(server.dataFolder)
  const differing = differences(server.dataFolder)
  report.check(
    `${when}: acknowledged = found`,
    missing.length === 0,
    `${load.acknowledged.size}, ${missing.length} missing`,
  )
  report.check(`${when}: integrity_check of both files`, whole === 'ok', whole)
  report.check(`${when}: rows and facts say the same`, differing.length === 0, differing.slice(0, 5).join('; '))
}
