/** Riders and viewers that go on for as long as they are let, whatever happens to the server meanwhile. */

import { forEachBounded } from '../../cli/riders/backend.ts'
import { demoPaths } from '../../cli/simulate/demo-paths.ts'
import { PostPool } from '../../cli/simulate/post-pool.ts'
import { Tally } from '../../cli/simulate/tally.ts'
import { targetOfOwn } from '../../cli/simulate/target.ts'
import type { TimedPath } from '../../cli/simulate/timed-path.ts'
import { Viewer, type ViewerDeps } from '../../cli/simulate/viewer.ts'
import { until } from '../support/until.ts'
import { MarkerChecker } from './marker-checker.ts'
import type { ServerUnderTest } from './server-under-test.ts'
import { numberOfFix, SteadyRider } from './steady-rider.ts'

export interface LoadSize {
  riders: number
  viewersPerOrder: number
  /** Between a rider's fixes. */
  intervalMs: number
}

const TOKEN_TTL_S = 7_200
const AT_ONCE = 32
const TICK_MS = 10
const WATCHDOG_MS = 1_000

/** A viewer with what it has been shown, and whose fixes it follows. */
export interface Watching {
  viewer: Viewer
  checker: MarkerChecker
  rider: SteadyRider
}

export class Load {
  readonly tally = new Tally()
  readonly acknowledged = new Set<string>()
  readonly statuses: Record<string, number> = {}
  readonly refused: Record<string, number> = {}
  readonly riders: SteadyRider[] = []
  readonly watching: Watching[] = []
  readonly orderIds: string[] = []
  readonly #pool: PostPool
  /** The closes of all sockets, in the order they came. */
  readonly closes: { code: number; reason: string }[] = []
  readonly #deps: ViewerDeps = {
    tally: this.tally,
    startMs: performance.now(),
    random: Math.random,
    onClose: (code, reason) => this.closes.push({ code, reason }),
  }
  #timers: Timer[] = []

  private constructor(
    url: string,
    private readonly size: LoadSize,
  ) {
    this.#pool = new PostPool(`${url}/location`)
  }

  /** Makes the orders on a running server and opens all viewers; riders are silent until `ride`. */
  static async open(server: ServerUnderTest, size: LoadSize): Promise<Load> {
    const load = new Load(server.url, size)
    const target = await targetOfOwn(server, TOKEN_TTL_S)
    const paths = demoPaths({ speed: 1, spacingMs: 1_000 })
    await forEachBounded([...Array(size.riders).keys()], AT_ONCE, async (index) => {
      const [orderId, partnerId] = [`order-${index}`, `rider-${index}`]
      await target.backend.createOrder(orderId, { vehicle: 'car' })
      await target.backend.assignOrder(orderId, partnerId)
      const token = `Bearer ${await target.tokenFor(orderId, 'DELIVERY_PARTNER', partnerId)}`
      const record = { ...load.#record(), pool: load.#pool }
      const path = paths[index % paths.length] as TimedPath
      load.riders[index] = new SteadyRider(record, { index, orderId, partnerId, token }, path)
      load.orderIds[index] = orderId
      const watcher = () => target.tokenFor(orderId, 'CUSTOMER', `customer-${index}`)
      await load.#openViewers(server.url, index, await watcher(), watcher)
    })
    load.#timers.push(
      setInterval(() => {
        const nowMs = performance.now()
        for (const { viewer } of load.watching) viewer.watchdog(nowMs)
      }, WATCHDOG_MS),
    )
    await load.untilAllBack(20_000)
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
        // Each with the time it was due: two fixes of a rider at one moment would count as one sent twice.
        for (; made * stepMs <= performance.now() - startMs; made++) {
          this.riders[made % this.riders.length]?.makeFix(made * stepMs, Math.round(startEpochMs + made * stepMs))
        }
      }, TICK_MS),
    )
  }

  /** Riders make no more fixes; resolves when every fix is acknowledged. */
  pullOver(timeoutMs = 30_000): Promise<void> {
    for (const timer of this.#timers.splice(1)) clearInterval(timer)
    return until(() => this.riders.every(({ isSettled }) => isSettled), 'all fixes are acknowledged', timeoutMs)
  }

  /** Resolves when every viewer has an open socket. */
  untilAllBack(timeoutMs: number): Promise<void> {
    return until(() => this.watching.every(({ viewer }) => viewer.isOpen), 'all viewers are back', timeoutMs)
  }

  /** Resolves when every viewer shows the fix that is now its rider's newest acknowledged one, or a newer. */
  async untilNewest(timeoutMs: number): Promise<void> {
    const targets = new Map(this.riders.map((rider) => [rider, rider.newestAcknowledged]))
    const lagging = () => this.watching.filter(({ checker, rider }) => checker.shownFix < (targets.get(rider) ?? 0))
    await until(() => lagging().length === 0, 'all viewers show the newest fix', timeoutMs).catch((error) => {
      throw new Error(`${error.message}; ${lagging().length} do not`)
    })
  }

  /** Of all viewers together. */
  sum(of: (checker: MarkerChecker) => number): number {
    return this.watching.reduce((sum, { checker }) => sum + of(checker), 0)
  }

  get epochs(): number {
    return new Set(this.watching.flatMap(({ checker }) => [...checker.epochs])).size
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    for (const rider of this.riders) rider?.stop()
    this.#pool.close()
    for (const { viewer } of this.watching) viewer.stop()
  }

  #record() {
    return { acknowledged: this.acknowledged, statuses: this.statuses, refused: this.refused }
  }

  async #openViewers(url: string, index: number, token: string, refreshToken: () => Promise<string>): Promise<void> {
    const rider = this.riders[index] as SteadyRider
    const prefix = `r${index}-`
    for (let i = 0; i < this.size.viewersPerOrder; i++) {
      const checker = new MarkerChecker(`order-${index}`, (id) =>
        id.startsWith(prefix) ? { k: numberOfFix(id) } : undefined,
      )
      const target = { url: `${url.replace('http', 'ws')}/ws?order_id=order-${index}`, token, refreshToken }
      const viewer = new Viewer(this.#deps, target, checker)
      this.watching.push({ viewer, checker, rider })
      await viewer.start()
    }
  }
}

/** Counters as text: `202: 5, network: 1`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts)
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name}: ${count}`).join(', ')
}
