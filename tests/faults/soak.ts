/** Five minutes (or `FAULTS_SOAK_S` seconds) of noisy riders and viewers: what should not grow does not. */

import { createRandom } from '../../cli/riders/random.ts'
import { demoPaths } from '../../cli/simulate/demo-paths.ts'
import { prepareRides } from '../../cli/simulate/prepare.ts'
import { startRun } from '../../cli/simulate/run.ts'
import { targetOfOwn } from '../../cli/simulate/target.ts'
import { CHECKPOINT_LIMITS } from '../../src/adapters/embedded/checkpoints.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { countsText } from './load.ts'
import type { Report } from './report.ts'
import { ServerUnderTest } from './server-under-test.ts'
import { startStallProbe } from './stall-probe.ts'
import { integrity, miscounted } from './stored.ts'

export const name = 'soak'

const DURATION_MS = Number(process.env.FAULTS_SOAK_S ?? 300) * 1_000
const RIDERS = 500
const VIEWERS_PER_ORDER = 3
const RIDE = { durationMs: DURATION_MS, intervalMs: 1_000, noiseM: 8, lossShare: 0.05 }
const OUTAGES = 0.1
const SEED = 7
const SAMPLE_MS = 5_000
/** The first part of the run warms up: caches fill, the JIT compiles. */
const WARM_SHARE = 0.4
const RSS_GROWTH_MB = 25
/** What is written during one checkpoint may come on top. */
const WAL_SLACK_MB = 16
const STALL_P999_MS = 250
const TOKEN_TTL_S = 7_200

/** Counters that stand still in a run without faults, whatever their label. */
const STILL = [
  'zlt_background_errors_total',
  'zlt_records_poisoned_total',
  'zlt_facts_poisoned_total',
  'zlt_viewers_closed_total',
  'zlt_viewers_refused_total',
  'zlt_fixes_rejected_total',
  'zlt_fixes_without_order_total',
  'zlt_records_set_aside',
  'zlt_requests_parked',
  'zlt_http_requests_total{status="4',
  'zlt_http_requests_total{status="5',
]

interface Sample {
  atMs: number
  rssMb: number
  walMb: number
}

export async function run(report: Report): Promise<void> {
  const folder = tempFolder()
  const server = await ServerUnderTest.make(folder.path)
  try {
    await server.start()
    const target = await targetOfOwn(server, TOKEN_TTL_S)
    const { signal } = new AbortController()
    const rides = await prepareRides({
      target,
      paths: demoPaths({ speed: 1, spacingMs: 1_000 }),
      riders: RIDERS,
      ride: RIDE,
      outages: OUTAGES,
      seed: SEED,
      runId: 'soak',
      onOrder: () => {},
      signal,
    })
    const simulation = startRun({
      rides,
      viewersPerOrder: VIEWERS_PER_ORDER,
      ingestUrl: server.url,
      fanoutUrls: [server.url],
      refreshViewerToken: (orderId) => target.tokenFor(orderId, 'CUSTOMER', 'viewer'),
      random: createRandom(SEED, 'viewers'),
      signal,
    })
    const probe = startStallProbe(`${server.url}/healthz`)
    const samples: Sample[] = []
    const sampling = setInterval(() => {
      const sample = { atMs: performance.now(), rssMb: server.rssMb(), walMb: server.walMb() }
      samples.push(sample)
      if (samples.length % 6 === 1) {
        report.progress(`rss ${sample.rssMb.toFixed(0)} MB, wal ${sample.walMb.toFixed(0)} MB`)
      }
    }, SAMPLE_MS)
    const end = await simulation.done
    clearInterval(sampling)
    const stalls = await probe.stop()
    checkMemory(report, samples)
    checkCounters(report, await server.metrics())
    const { p50, p99, p99_9, max, failed } = stalls
    report.check(
      `a request waits ${STALL_P999_MS} ms at most (p99.9)`,
      (p99_9 ?? 0) <= STALL_P999_MS && failed === 0,
      `p50 ${p50}, p99 ${p99}, p99.9 ${p99_9}, max ${max} ms; ${failed} failed`,
    )
    const { tally } = simulation
    report.check('every viewer shows the last fix', end.complete && end.loss === 0, `${end.loss} do not`)
    report.check('no version went back, no frame was foreign', tally.violations + tally.foreign === 0)
    report.check('no socket was closed', Object.keys(tally.closes).length === 0, countsText(tally.closes))
    const { p50: fixP50, p99: fixP99, max: fixMax } = tally.latency.summary()
    report.check('fix to frame', tally.latency.count > 0, `p50 ${fixP50}, p99 ${fixP99}, max ${fixMax} ms`)
    report.check('a SIGTERM ends with exit code 0', (await server.stop()) === 0)
    report.check('integrity_check of both files', integrity(folder.path) === 'ok')
    const { orders, dropped } = miscounted(folder.path)
    report.check('each record was folded exactly once', orders.length === 0, orders.slice(0, 3).join('; '))
    report.progress(`dropped by the tracker: ${countsText(dropped)}`)
  } finally {
    if (server.isAlive) await server.kill()
    folder.remove()
  }
}

function checkMemory(report: Report, samples: readonly Sample[]): void {
  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE))
  const third = Math.max(1, Math.floor(warm.length / 3))
  const [first, last] = [mean(warm.slice(0, third)), mean(warm.slice(-third))]
  const line = samples.map(({ rssMb }) => rssMb.toFixed(0)).join(' ')
  report.progress(`rss every ${SAMPLE_MS / 1_000} s: ${line}`)
  report.check('memory is flat once warm', last - first < RSS_GROWTH_MB, `${first.toFixed(0)} → ${last.toFixed(0)} MB`)
  const walMb = Math.max(...samples.map((sample) => sample.walMb))
  const limitMb = CHECKPOINT_LIMITS.walMaxBytes / 2 ** 20 + WAL_SLACK_MB
  report.check('the write-ahead log is bounded', walMb <= limitMb, `${walMb.toFixed(0)} MB of ${limitMb}`)
}

function mean(samples: readonly Sample[]): number {
  return samples.reduce((sum, { rssMb }) => sum + rssMb, 0) / samples.length
}

function checkCounters(report: Report, metrics: ReadonlyMap<string, number>): void {
  const moved = [...metrics].filter(([name, value]) => value !== 0 && STILL.some((still) => name.startsWith(still)))
  report.check(
    'counters of trouble stand still',
    moved.length === 0,
    moved.map(([name, n]) => `${name} ${n}`).join(', '),
  )
}
