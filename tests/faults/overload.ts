/** More than the machine can take: it refuses or slows down, holds its memory, recovers, and keeps its word. */

import { forEachBounded } from '../../cli/riders/backend.ts'
import { MAX_BATCH } from '../../cli/simulate/plan-rider.ts'
import { PostPool } from '../../cli/simulate/post-pool.ts'
import { bump } from '../../cli/simulate/tally.ts'
import { targetOfOwn } from '../../cli/simulate/target.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { countsText, Load } from './load.ts'
import type { Report } from './report.ts'
import { ServerUnderTest } from './server-under-test.ts'
import { integrity, missingOf, readFixes } from './stored.ts'

export const name = 'overload'

const RATES_PER_S = [20_000, 80_000] as const
const BURST_MS = 10_000
const SENDERS = 100
const TICK_MS = 5
/** Above what it had before the burst: what is under way takes memory, but not without end. */
const RSS_GROWTH_MB = 400
const RECOVERS_WITHIN_MS = 10_000
/** Their riders send once a second, and are refused as well: a refused fix goes with the next. */
const LONGEST_PAUSE_MS = 8_000
/** An answer in this time is what a rider is used to. */
const WELL_ANSWER_MS = 100

export async function run(report: Report): Promise<void> {
  const folder = tempFolder()
  const server = await ServerUnderTest.make(folder.path)
  let load: Load | undefined
  try {
    await server.start()
    load = await Load.open(server, { riders: 20, viewersPerOrder: 3, intervalMs: 1_000 })
    load.ride()
    const tokens = await openSenders(server)
    for (const ratePerS of RATES_PER_S) await burst(report, ratePerS, server, load, tokens)

    // A start after a crash has to read all of the write-ahead log.
    const walMb = server.walMb()
    await server.kill()
    const listeningMs = await server.start()
    report.check(
      'a start after a kill takes 3 s at most',
      listeningMs < 3_000,
      `${listeningMs.toFixed(0)} ms with a write-ahead log of ${walMb.toFixed(0)} MB`,
    )
    await load.untilAllBack(20_000)
    await load.pullOver()
    await load.untilNewest(5_000)
    report.check('no version went back, no frame was foreign', load.tally.violations + load.tally.foreign === 0)
    report.check('a SIGTERM ends with exit code 0', (await server.stop()) === 0)
    const missing = missingOf(load.acknowledged, readFixes(folder.path))
    report.check('acknowledged = found', missing.length === 0, `${load.acknowledged.size}, ${missing.length} missing`)
    report.check('integrity_check of both files', integrity(folder.path) === 'ok')
  } finally {
    load?.close()
    if (server.isAlive) await server.kill()
    folder.remove()
  }
}

async function openSenders(server: ServerUnderTest): Promise<string[]> {
  const target = await targetOfOwn(server, 7_200)
  const tokens: string[] = []
  await forEachBounded([...Array(SENDERS).keys()], 16, async (i) => {
    await target.backend.createOrder(`sender-${i}`, { vehicle: 'car' })
    await target.backend.assignOrder(`sender-${i}`, `sender-rider-${i}`)
    tokens[i] = `Bearer ${await target.tokenFor(`sender-${i}`, 'DELIVERY_PARTNER', `sender-rider-${i}`)}`
  })
  return tokens
}

/** Full requests at a fixed rate, whatever the answers: an open loop, as many phones are one. */
async function burst(
  report: Report,
  ratePerS: number,
  server: ServerUnderTest,
  load: Load,
  tokens: readonly string[],
): Promise<void> {
  const name = `${ratePerS} fixes/s`
  const pool = new PostPool(`${server.url}/location`)
  const answers: Record<string, number> = {}
  const rssBefore = server.rssMb()
  let [rssMost, sent, acknowledged, underWay, underWayMost] = [rssBefore, 0, 0, 0, 0]
  const closedBefore = Object.keys(load.tally.closes).length
  for (const { checker } of load.watching) checker.longestPauseMs = 0
  const startMs = performance.now()
  const post = async (i: number): Promise<void> => {
    underWayMost = Math.max(underWayMost, ++underWay)
    const { ids, body } = fullRequest(`${ratePerS}-${i}`, i % SENDERS)
    try {
      const answer = await pool.post(tokens[i % SENDERS] as string, body)
      bump(answers, String(answer.status))
      if (answer.status === 202) {
        acknowledged += ids.length
        for (const id of ids) load.acknowledged.add(id)
      }
    } catch (error) {
      bump(answers, `network (${(error as Error).message})`)
    } finally {
      underWay -= 1
    }
  }
  for (let elapsedMs = 0; elapsedMs < BURST_MS; elapsedMs = performance.now() - startMs) {
    for (const due = (elapsedMs / 1_000) * (ratePerS / MAX_BATCH); sent < due; sent++) void post(sent)
    rssMost = Math.max(rssMost, server.rssMb())
    await Bun.sleep(TICK_MS)
  }
  const endMs = performance.now()
  const backlog = underWay
  report.check(`${name}: the process lives`, server.isAlive)
  await until(() => isWell(server), `${name}: well again`, RECOVERS_WITHIN_MS * 3)
  const wellMs = performance.now() - endMs
  await load.untilNewest(RECOVERS_WITHIN_MS)
  const newestMs = performance.now() - endMs
  rssMost = Math.max(rssMost, server.rssMb())
  pool.close()
  report.progress(
    `${name}: sent ${sent * MAX_BATCH}, acknowledged ${acknowledged}; ${countsText(answers)}; under way ${underWayMost} requests at most, ${backlog} at the end; rss ${rssBefore.toFixed(0)} → ${rssMost.toFixed(0)} MB at most, ${server.rssMb().toFixed(0)} now; wal ${server.walMb().toFixed(0)} MB`,
  )
  report.check(
    `${name}: memory is held`,
    rssMost - rssBefore < RSS_GROWTH_MB,
    `${rssBefore.toFixed(0)} → ${rssMost.toFixed(0)} MB`,
  )
  report.check(`${name}: answers are 202, 429 or 503`, onlyHonest(answers), countsText(answers))
  report.check(
    `${name}: recovers in ${RECOVERS_WITHIN_MS / 1_000} s`,
    newestMs < RECOVERS_WITHIN_MS,
    `answers quickly after ${wellMs.toFixed(0)} ms, viewers at the newest after ${newestMs.toFixed(0)} ms`,
  )
  const pauseMs = Math.max(...load.watching.map(({ checker }) => checker.longestPauseMs))
  report.check(
    `${name}: viewers go on getting frames`,
    pauseMs < LONGEST_PAUSE_MS,
    `longest pause ${pauseMs.toFixed(0)} ms`,
  )
  const closed = Object.keys(load.tally.closes).length - closedBefore
  report.check(`${name}: no viewer was closed`, closed === 0, countsText(load.tally.closes))
}

function onlyHonest(answers: Readonly<Record<string, number>>): boolean {
  return Object.keys(answers).every((answer) => ['202', '429', '503'].includes(answer))
}

async function isWell(server: ServerUnderTest): Promise<boolean> {
  const startedMs = performance.now()
  const response = await fetch(`${server.url}/readyz`)
  await response.body?.cancel()
  return response.ok && performance.now() - startedMs < WELL_ANSWER_MS
}

function fullRequest(prefix: string, sender: number): { ids: string[]; body: string } {
  const nowMs = Date.now()
  const ids = Array.from({ length: MAX_BATCH }, (_, i) => `${prefix}-${i}`)
  const fixes = ids.map(
    (id, i) =>
      `{"order_id":"sender-${sender}","lat":${47.1 + i * 1e-6},"lng":9.5,"fix_time_ms":${nowMs - MAX_BATCH + i},"accuracy_m":5,"id":"${id}"}`,
  )
  return { ids, body: `[${fixes.join()}]` }
}
