/** Riders and viewers of a cluster: riders send to whatever ingest process is up, viewers are spread over the fan-out ones. */

import { forEachBounded, openBackend } from '../../../cli/riders/backend.ts'
import { demoPaths } from '../../../cli/simulate/demo-paths.ts'
import { PostPool } from '../../../cli/simulate/post-pool.ts'
import { Tally } from '../../../cli/simulate/tally.ts'
import type { TimedPath } from '../../../cli/simulate/timed-path.ts'
import { Viewer, type ViewerDeps } from '../../../cli/simulate/viewer.ts'
import { until } from '../../support/until.ts'
import { numberOfFix, SteadyRider } from '../steady-rider.ts'
import type { Cluster } from './cluster.ts'
import { GapChecker } from './gap-checker.ts'
import type { RoleProcess } from './role-process.ts'

export interface LoadSize {
  riders: number
  viewersPerOrder: number
  /** Between a rider's fixes. */
  intervalMs: number
}

/** The load of the acceptance: 200 riders at a fix a second, 1,000 viewers. */
export const FULL_LOAD: LoadSize = { riders: 200, viewersPerOrder: 5, intervalMs: 1_000 }

const AT_ONCE = 16
const TICK_MS = 10
const WATCHDOG_MS = 1_000

/** A viewer, whom it follows, and the process that its socket is on. */
export interface Watching {
  viewer: Viewer
  checker: GapChecker
  rider: SteadyRider
  node: RoleProcess | undefined
}

/** Notes when each fix was accepted. */
class Acknowledged extends Set<string> {
  readonly #at = new Map<string, number[]>()

  override add(id: string): this {
    const dash = id.lastIndexOf('-')
    this.of(id.slice(0, dash))[numberOfFix(id)] ??= performance.now()
    return super.add(id)
  }

  of(rider: string): number[] {
    const times = this.#at.get(rider) ?? []
    this.#at.set(rider, times)
    return times
  }
}

export class ClusterLoad {
  tally = new Tally()
  readonly acknowledged = new Acknowledged()
  readonly statuses: Record<string, number> = {}
  readonly refused: Record<string, number> = {}
  readonly riders: SteadyRider[] = []
  readonly watching: Watching[] = []
  readonly closes: { code: number; reason: string; at: number }[] = []
  /** Times from sending to a 503, and of requests that took over 3 s, whatever their answer. */
  readonly slow: { status: string; tookMs: number }[] = []
  readonly #pools = new Map<RoleProcess, PostPool>()
  readonly #made: number[][] = []
  readonly #startMs = performance.now()
  #timers: Timer[] = []

  private constructor(
    private readonly cluster: Cluster,
    private readonly size: LoadSize,
  ) {}

  /** Makes the orders and opens all viewers; riders are silent until `ride`. */
  static async open(cluster: Cluster, size: LoadSize): Promise<ClusterLoad> {
    const load = new ClusterLoad(cluster, size)
    const backend = openBackend(cluster.auth.url, await cluster.tokenFor({ role: 'INTERNAL_SERVICE', sub: 'load' }))
    const paths = demoPaths({ speed: 1, spacingMs: 1_000 })
    await forEachBounded([...Array(size.riders).keys()], AT_ONCE, async (index) => {
      const [orderId, partnerId] = [`order-${index}`, `rider-${index}`]
      await backend.createOrder(orderId, { vehicle: 'car' })
      await backend.assignOrder(orderId, partnerId)
      const token = await cluster.tokenFor({ role: 'DELIVERY_PARTNER', sub: partnerId, orders: [orderId] })
      const record = {
        pool: { post: (authorization: string, body: string) => load.#post(authorization, body) },
        acknowledged: load.acknowledged,
        statuses: load.statuses,
        refused: load.refused,
      }
      const who = { index, orderId, partnerId, token: `Bearer ${token}` }
      load.riders[index] = new SteadyRider(record, who, paths[index % paths.length] as TimedPath)
      load.#made[index] = []
      await load.#openViewers(index, orderId)
    })
    load.#timers.push(
      setInterval(() => {
        const nowMs = performance.now()
        for (const { viewer } of load.watching) viewer.watchdog(nowMs)
      }, WATCHDOG_MS),
    )
    await load.untilAllBack(30_000)
    return load
  }

  /** Lets the riders send, each once an interval, evenly spread over it. */
  ride(): void {
    const startMs = performance.now()
    const startEpochMs = Date.now()
    const stepMs = this.size.intervalMs / this.riders.length
    let made = 0
    this.#timers.push(
      setInterval(() => {
        for (; made * stepMs <= performance.now() - startMs; made++) {
          const index = made % this.riders.length
          this.#made[index]?.push(startMs + made * stepMs - this.#startMs)
          this.riders[index]?.makeFix(made * stepMs, Math.round(startEpochMs + made * stepMs))
        }
      }, TICK_MS),
    )
  }

  /** Riders make no more fixes; resolves when every fix is acknowledged. */
  pullOver(timeoutMs = 60_000): Promise<void> {
    for (const timer of this.#timers.splice(1)) clearInterval(timer)
    return until(() => this.riders.every(({ isSettled }) => isSettled), 'all fixes are acknowledged', timeoutMs)
  }

  untilAllBack(timeoutMs: number): Promise<void> {
    return until(() => this.watching.every(({ viewer }) => viewer.isOpen), 'all viewers are back', timeoutMs)
  }

  /** Resolves when every viewer shows its rider's newest acknowledged fix, or a newer. */
  async untilNewest(timeoutMs: number, watching: readonly Watching[] = this.watching): Promise<void> {
    const targets = new Map(this.riders.map((rider) => [rider, rider.newestAcknowledged]))
    const lagging = () => watching.filter(({ checker, rider }) => checker.shownFix < (targets.get(rider) ?? 0))
    await until(() => lagging().length === 0, 'all viewers show the newest fix', timeoutMs).catch((error) => {
      const names = lagging().map(({ node, rider }) => `${node?.name}:${this.riders.indexOf(rider)}`)
      throw new Error(`${error.message}; ${names.length} do not: ${names.slice(0, 8).join()}`)
    })
  }

  /** Viewers whose socket is on that process now. */
  on(node: RoleProcess): Watching[] {
    return this.watching.filter((one) => one.node === node && one.viewer.isOpen)
  }

  /**
   * How long each viewer waits, from now on, for a fix that is made after now; `Infinity` where it is more than `withinMs`.
   * Sorted.
   */
  async untilFresh(withinMs: number): Promise<number[]> {
    const startMs = performance.now()
    const wanted = new Map(this.riders.map((rider, index) => [rider, this.#made[index]?.length ?? 0]))
    const waiting = new Set(this.watching)
    const tookMs: number[] = []
    while (waiting.size > 0 && performance.now() - startMs < withinMs) {
      await Bun.sleep(10)
      for (const one of waiting) {
        if (one.checker.shownFix < (wanted.get(one.rider) ?? 0)) continue
        waiting.delete(one)
        tookMs.push(performance.now() - startMs)
      }
    }
    return [...tookMs, ...Array.from(waiting, () => Number.POSITIVE_INFINITY)]
  }

  /** Gaps count from now on. */
  restartGaps(): void {
    for (const { checker } of this.watching) checker.restart()
  }

  /** The longest gap of each viewer since `restartGaps`, sorted, ms. */
  gapsMs(watching: readonly Watching[] = this.watching): number[] {
    return watching.map(({ checker }) => checker.longestGapMs()).sort((a, b) => a - b)
  }

  sum(of: (checker: GapChecker) => number): number {
    return this.watching.reduce((sum, { checker }) => sum + of(checker), 0)
  }

  get epochs(): number {
    return new Set(this.watching.flatMap(({ checker }) => [...checker.epochs])).size
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    for (const rider of this.riders) rider?.stop()
    for (const pool of this.#pools.values()) pool.close()
    for (const { viewer } of this.watching) viewer.stop()
  }

  async #post(authorization: string, body: string) {
    const ingest = this.cluster.balancer.ingest()
    const pool = this.#pools.get(ingest) ?? new PostPool(`${ingest.url}/location`)
    this.#pools.set(ingest, pool)
    const sentMs = performance.now()
    const note = (status: string) => {
      const tookMs = performance.now() - sentMs
      if (status === '503' || tookMs > 3_000) this.slow.push({ status, tookMs })
    }
    try {
      const answer = await pool.post(authorization, body)
      note(String(answer.status))
      return answer
    } catch (error) {
      note('network')
      throw error
    }
  }

  async #openViewers(index: number, orderId: string): Promise<void> {
    const { cluster } = this
    const rider = this.riders[index] as SteadyRider
    const refreshToken = () => cluster.tokenFor({ role: 'CUSTOMER', sub: `customer-${index}`, orders: [orderId] })
    const token = await refreshToken()
    const prefix = `r${index}-`
    const made = this.#made[index] ?? []
    for (let i = 0; i < this.size.viewersPerOrder; i++) {
      const checker = new GapChecker(
        orderId,
        (id) => {
          if (!id.startsWith(prefix)) return undefined
          const k = numberOfFix(id)
          const intendedMs = made[k]
          return intendedMs === undefined ? { k } : { k, intendedMs }
        },
        this.acknowledged.of(`r${index}`),
      )
      const watching: Watching = { viewer: undefined as never, checker, rider, node: undefined }
      // Another process at each opening, as the address before them would choose.
      const target = {
        get url() {
          watching.node = cluster.balancer.fanout()
          return `${watching.node.url.replace('http', 'ws')}/ws?order_id=${orderId}`
        },
        token,
        refreshToken,
      }
      const deps: ViewerDeps = {
        tally: this.tally,
        startMs: this.#startMs,
        random: Math.random,
        onClose: (code, reason) => this.closes.push({ code, reason, at: performance.now() }),
      }
      watching.viewer = new Viewer(deps, target, checker)
      this.watching.push(watching)
      await watching.viewer.start()
    }
  }
}

/** The usual figures of sorted milliseconds, as text. */
export function percentilesText(sorted: readonly number[]): string {
  if (sorted.length === 0) return 'none'
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const text = (ms: number) => (ms >= 1_000 ? `${(ms / 1_000).toFixed(2)} s` : `${Math.round(ms)} ms`)
  return `p50 ${text(at(0.5))}, p99 ${text(at(0.99))}, max ${text(at(1))}`
}
