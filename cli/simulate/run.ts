/** A run: riders that send at fixed times whatever the server does, and viewers that check what they are shown. */

import type { Random } from '../riders/random'
import { FrameChecker } from './check-frames'
import { DueQueue } from './due-queue'
import type { Step } from './plan-rider'
import { PostPool } from './post-pool'
import { Rider } from './rider'
import { Tally } from './tally'
import { Viewer } from './viewer'

/** One order with its rider, as the server knows them. */
export interface Ride {
  orderId: string
  partnerId: string
  riderToken: string
  viewerToken: string
  steps: Iterator<Step>
}

export interface RunInput {
  rides: readonly Ride[]
  viewersPerOrder: number
  ingestUrl: string
  /** Sockets are spread over these. */
  fanoutUrls: readonly string[]
  refreshViewerToken: (orderId: string) => Promise<string>
  random: Random
  /** Aborted by Ctrl-C, or when the server is gone: the run ends at once. */
  signal: AbortSignal
  /** How long viewers may take to show the last fix; 5 s. */
  showTimeoutMs?: number
  /** Called when the run proper begins: all viewers have been opened once. */
  onStart?: () => void
}

/** A run as far as it has come; progress looks at it. */
export interface Run {
  readonly tally: Tally
  readonly viewers: readonly Viewer[]
  readonly riders: readonly Rider[]
  /** Resolves when all is sent and every viewer shows the last fix of its order, or 5 s after the last was sent. */
  readonly done: Promise<RunEnd>
}

/** How it ended. */
export interface RunEnd {
  /** False when it was stopped before its end: then nothing can be said of loss. */
  complete: boolean
  /** Viewers that do not show the last fix of their order. */
  loss: number
  /** Different fixes that each viewer was shown. */
  seenByViewer: number[]
}

/** Sockets that are being opened at one time. */
const OPENING_AT_ONCE = 64
/** How long viewers may take to show the last fix. */
const SHOW_TIMEOUT_MS = 5_000
const POLL_MS = 20
const WATCHDOG_MS = 1_000
/** A timer cannot be much more exact, and many due fixes share one wake-up. */
const SHORTEST_SLEEP_MS = 1

/** Starts the run. Nothing is thrown: what goes wrong is counted. */
export function startRun(input: RunInput): Run {
  const { showTimeoutMs = SHOW_TIMEOUT_MS } = input
  const tally = new Tally()
  const abort = new AbortController()
  if (input.signal.aborted) abort.abort()
  input.signal.addEventListener('abort', () => abort.abort(), { once: true })
  const clock = { startMs: performance.now(), startEpochMs: Date.now() }
  const pool = new PostPool(`${input.ingestUrl}/location`)
  const riderDeps = { pool, tally, signal: abort.signal, ...clock }
  const viewerDeps = { tally, startMs: clock.startMs, random: () => input.random.next() }
  const riders = input.rides.map(
    ({ orderId, partnerId, riderToken, steps }, index) =>
      new Rider(riderDeps, { index, orderId, partnerId, token: `Bearer ${riderToken}` }, steps),
  )
  const viewers: Viewer[] = []
  for (const [index, rider] of riders.entries()) {
    for (let i = 0; i < input.viewersPerOrder; i++) {
      const fanoutUrl = input.fanoutUrls[viewers.length % input.fanoutUrls.length] as string
      const target = {
        url: `${fanoutUrl.replace(/^http/, 'ws')}/ws?order_id=${rider.orderId}`,
        token: (input.rides[index] as Ride).viewerToken,
        refreshToken: () => input.refreshViewerToken(rider.orderId),
      }
      viewers.push(new Viewer(viewerDeps, target, new FrameChecker(rider.orderId, (id) => rider.findFix(id))))
    }
  }

  async function go(): Promise<RunEnd> {
    const watchdog = setInterval(() => {
      const nowMs = performance.now()
      for (const viewer of viewers) viewer.watchdog(nowMs)
    }, WATCHDOG_MS)
    await openAll(viewers, abort.signal)
    // The clock of all plans starts here, after the opening, which may take seconds.
    riderDeps.startMs = viewerDeps.startMs = performance.now()
    riderDeps.startEpochMs = Date.now()
    input.onStart?.()
    await sendAll(riders, riderDeps.startMs, tally, abort.signal, showTimeoutMs)
    const waiting = viewersByRider(viewers, riders, input.viewersPerOrder)
    await waitForShown(waiting, abort.signal, showTimeoutMs)
    const complete = !input.signal.aborted
    const loss = waiting.filter(({ viewer, rider }) => !shows(viewer, rider)).length
    clearInterval(watchdog)
    abort.abort()
    pool.close()
    for (const viewer of viewers) viewer.stop()
    return { complete, loss, seenByViewer: viewers.map((viewer) => viewer.checker.seen) }
  }
  return { tally, viewers, riders, done: go() }
}

async function openAll(viewers: readonly Viewer[], signal: AbortSignal): Promise<void> {
  let next = 0
  async function opener(): Promise<void> {
    while (next < viewers.length && !signal.aborted) {
      const viewer = viewers[next] as Viewer
      next += 1
      await viewer.start()
    }
  }
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener))
}

/**
 * Walks through all plans on one timer. A step is begun when it is due, without waiting for the answers of those before:
 * else a slow server would be asked less often, and its slowness would not show ("coordinated omission").
 */
async function sendAll(
  riders: readonly Rider[],
  startMs: number,
  tally: Tally,
  signal: AbortSignal,
  answerTimeoutMs: number,
): Promise<void> {
  const queue = new DueQueue<{ rider: Rider; step: Step }>()
  const finals: Promise<void>[] = []
  function enqueue(rider: Rider): void {
    const step = rider.nextStep()
    if (step !== undefined) queue.push(step.atMs, { rider, step })
  }
  for (const rider of riders) enqueue(rider)
  while (queue.nextMs !== undefined && !signal.aborted) {
    const nowMs = performance.now() - startMs
    for (let due = queue.takeDue(nowMs); due !== undefined; due = queue.takeDue(nowMs)) {
      const { rider, step } = due.item
      tally.lateness.add(performance.now() - startMs - due.atMs)
      const taken = rider.take(step)
      if (step.fate === 'final') finals.push(taken)
      enqueue(rider)
    }
    if (queue.nextMs === undefined) break
    await Bun.sleep(Math.max(SHORTEST_SLEEP_MS, queue.nextMs - (performance.now() - startMs)))
  }
  // An answer that never comes must not keep the run from its end.
  await Promise.race([Promise.all(finals), Bun.sleep(answerTimeoutMs)])
}

interface Pair {
  viewer: Viewer
  rider: Rider
}

function viewersByRider(viewers: readonly Viewer[], riders: readonly Rider[], perOrder: number): Pair[] {
  return viewers.map((viewer, i) => ({ viewer, rider: riders[Math.floor(i / perOrder)] as Rider }))
}

function shows(viewer: Viewer, rider: Rider): boolean {
  return rider.finalId !== undefined && viewer.checker.shownId === rider.finalId
}

async function waitForShown(pairs: readonly Pair[], signal: AbortSignal, timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  let missing = pairs
  while (performance.now() < deadlineMs && !signal.aborted) {
    missing = missing.filter(({ viewer, rider }) => !shows(viewer, rider))
    if (missing.length === 0) return
    await Bun.sleep(POLL_MS)
  }
}
