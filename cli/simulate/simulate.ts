/** The command's course: recordings, server, orders, run, report. */

import type { Config } from '../../src/config'
import { CliError, EXIT } from '../exit'
import { tell } from '../output'
import { RefusedError, UnreachableError } from '../riders/backend'
import { type OwnServer, startOwnServer } from '../riders/own-server'
import { createRandom } from '../riders/random'
import { alignColumns } from './align-columns'
import { processCpuS } from './cpu'
import { demoPaths } from './demo-paths'
import { settleMs } from './plan-rider'
import { forgetOrders, prepareRides } from './prepare'
import { showProgress } from './progress'
import { type RecordingReport, readRecordings, recordingRows } from './recordings'
import { faultsOf, makeReport, type Report, reportLines } from './report'
import { type Ride, startRun } from './run'
import { openTarget, type Target, targetOfOwn } from './target'
import type { TimedPath } from './timed-path'

/** The command's options, parsed; times in milliseconds. */
export interface SimulateOptions {
  riders?: number
  viewers: number
  speed: number
  interval?: number
  noise: number
  loss: number
  outages: number
  seed: number
  duration: number
  /** A running server; without it, and without the three below, the run starts its own. */
  url?: string | undefined
  ingestUrl?: string
  fanoutUrl?: string[]
  authUrl?: string
}

export interface Outcome {
  report: Report & { recordings: RecordingReport[] }
  /** What was wrong; empty after a good run. */
  faults: string[]
}

const DEFAULT_RIDERS = 10
const DEFAULT_INTERVAL_MS = 1_000
/** Beyond the run itself: for preparing it, and for what its end waits for. */
const TOKEN_SLACK_S = 900
const LONGEST_TOKEN_S = 86_400

/**
 * Runs it all. When `signal` aborts, it ends early and reports what there is.
 * @throws CliError when no recording can be ridden, no server answers, or the server refuses
 */
export async function simulate(
  files: readonly string[],
  options: SimulateOptions,
  config: Config,
  signal: AbortSignal,
): Promise<Outcome> {
  const { recordings, paths } = await findPaths(files, options)
  const ttlS = Math.min(LONGEST_TOKEN_S, Math.ceil(options.duration / 1000) + TOKEN_SLACK_S)
  // Aborted by the signal, and by the death of a server of our own.
  const ending = new AbortController()
  signal.addEventListener('abort', () => ending.abort(), { once: true })
  let own: OwnServer | undefined
  let target: Target | undefined
  const orderIds: string[] = []
  const hasDied = () => ending.signal.aborted && !signal.aborted
  try {
    const urls = urlsOf(options)
    if (urls === undefined) {
      tell('starting a server of its own')
      own = await startOwnServer()
      void own.exited.then(() => ending.abort())
      target = await targetOfOwn(own, ttlS)
    } else {
      target = await openTarget(urls, config, ttlS)
    }
    // The demo's routes have no rhythm of their own.
    const intervalMs = options.interval ?? (files.length === 0 ? DEFAULT_INTERVAL_MS : undefined)
    const rides = await prepare(target, paths, options, intervalMs, orderIds, ending.signal)
    const report = await runAndReport(target, rides, own, options, ending.signal)
    if (!hasDied()) return { report: { ...report, recordings }, faults: faultsOf(report) }
  } catch (error) {
    // Whatever fails once the server is gone, fails by that.
    if (!hasDied()) throw explain(error, own)
  } finally {
    if (own !== undefined) await own.stop()
    else if (target !== undefined) await forgetOrders(target, orderIds)
  }
  throw await diedError(own)
}

async function findPaths(
  files: readonly string[],
  options: SimulateOptions,
): Promise<{ recordings: RecordingReport[]; paths: TimedPath[] }> {
  const pathOptions = { speed: options.speed, spacingMs: options.interval ?? DEFAULT_INTERVAL_MS }
  if (files.length === 0) return { recordings: [], paths: demoPaths(pathOptions) }
  const { reports, paths } = await readRecordings(files, pathOptions)
  for (const line of alignColumns(recordingRows(reports))) tell(line)
  if (paths.length > 0) return { recordings: reports, paths }
  const reasons = reports.map(({ file, refused }) => `${file}: ${refused}`)
  throw new CliError(EXIT.failed, 'none of the recordings can be ridden', reasons)
}

function urlsOf({ url, ingestUrl, fanoutUrl, authUrl }: SimulateOptions) {
  if (url === undefined && ingestUrl === undefined && fanoutUrl === undefined && authUrl === undefined) return undefined
  const [ingest, auth] = [ingestUrl ?? url, authUrl ?? url]
  const fanout = fanoutUrl ?? (url === undefined ? [] : [url])
  if (ingest === undefined || auth === undefined || fanout.length === 0) {
    throw new CliError(EXIT.usage, 'say --url, or all of --ingest-url, --fanout-url and --auth-url')
  }
  return { ingest: bare(ingest), auth: bare(auth), fanout: fanout.map(bare) }
}

function bare(url: string): string {
  return url.replace(/\/+$/, '')
}

async function prepare(
  target: Target,
  paths: readonly TimedPath[],
  options: SimulateOptions,
  intervalMs: number | undefined,
  orderIds: string[],
  signal: AbortSignal,
): Promise<Ride[]> {
  const isOwnChoice = options.riders !== undefined
  const riders = options.riders ?? Math.min(paths.length, DEFAULT_RIDERS)
  tell(`preparing ${riders} orders${isOwnChoice ? '' : ' (--riders for more)'}`)
  return prepareRides({
    target,
    paths,
    riders,
    outages: options.outages,
    seed: options.seed,
    runId: Date.now().toString(36),
    onOrder: (orderId) => orderIds.push(orderId),
    signal,
    ride: {
      durationMs: options.duration,
      noiseM: options.noise,
      lossShare: options.loss,
      ...(intervalMs !== undefined && { intervalMs }),
    },
  })
}

async function runAndReport(
  target: Target,
  rides: readonly Ride[],
  own: OwnServer | undefined,
  options: SimulateOptions,
  signal: AbortSignal,
): Promise<Report> {
  const { seed, viewers: viewersPerOrder, duration, noise } = options
  let startedMs = performance.now()
  let serverBeforeS: number | undefined
  const cpuBefore = process.cpuUsage()
  const run = startRun({
    rides,
    viewersPerOrder,
    ingestUrl: target.ingest,
    fanoutUrls: target.fanout,
    refreshViewerToken: (orderId) => target.tokenFor(orderId, 'CUSTOMER', `${orderId}-viewer`),
    random: createRandom(seed, 'viewers'),
    signal,
    onStart: () => {
      startedMs = performance.now()
      // Starting up and opening sockets is no cost of fixes.
      serverBeforeS = own && processCpuS(own.pid)
    },
  })
  const hide = showProgress(run, process.stderr)
  const end = await run.done
  hide()
  const serverAfterS = own && processCpuS(own.pid)
  const { user, system } = process.cpuUsage(cpuBefore)
  return makeReport({
    seed,
    riders: rides.length,
    viewers: run.viewers.length,
    // Of a complete run the pause before the last fix is not a time of sending.
    tookMs: end.complete ? duration : Math.min(duration + settleMs(noise), performance.now() - startedMs),
    tally: run.tally,
    end,
    serverCpuS: serverBeforeS === undefined || serverAfterS === undefined ? undefined : serverAfterS - serverBeforeS,
    simulatorCpuS: (user + system) / 1e6,
  })
}

async function diedError(own: OwnServer | undefined): Promise<CliError> {
  const words = own?.lastWords() ?? ''
  const message = `the server ended during the run, with exit code ${await own?.exited}`
  return new CliError(EXIT.unreachable, message, words === '' ? [] : words.split('\n'))
}

/** Errors that have a plain cause, in plain words. */
function explain(error: unknown, own: OwnServer | undefined): unknown {
  if (error instanceof UnreachableError) {
    const [first = '', ...lines] = error.message.split('\n')
    return new CliError(EXIT.unreachable, first, lines, { cause: error })
  }
  if (error instanceof RefusedError) {
    const hint = error.status === 403 || error.status === 401 ? ['ZLT_TOKEN must be of the role INTERNAL_SERVICE'] : []
    return new CliError(EXIT.failed, `the server refused: ${error.message}`, own === undefined ? hint : [])
  }
  return error
}

/** The report as a table. */
export function outcomeLines({ report }: Outcome): string[] {
  return alignColumns(reportLines(report))
}
