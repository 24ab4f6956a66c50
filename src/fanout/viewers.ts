/** The life of all viewers of a process: who may open one, heartbeats, silence, expiry, and the way out. */

import { type Audience, audienceOf, type Claims } from '../domain/audience'
import { isReserved } from '../domain/id'
import { CLOSE, ZltError } from '../errors'
import type { Metrics } from '../metrics'
import type { OrderTable } from '../tables/orders'
import type { Hub } from './hub'
import type { Viewer } from './viewer'

/** A refusal takes this long, whatever its reason: the time does not tell unknown from foreign, nor a table that lags. */
export const REFUSE_AFTER_MS = 250
const SWEEP_MS = 1_000
/** Over how long viewers come back after a restart, at least. */
const MIN_SPREAD_MS = 1_400

export interface ViewersOptions {
  heartbeatMs: number
  silentAfterMs: number
  /** Openings that wait for an order to become known, at most. */
  pendingLimit: number
  ordersPerSocket: number
}

/** What an opening was granted: each order, and as whom. */
export type Grant = { orderId: string; audience: Audience }[]

export class Viewers {
  #pending = 0
  #draining = false
  readonly #sweep: Timer

  constructor(
    private readonly hub: Hub,
    private readonly orders: OrderTable,
    private readonly metrics: Metrics,
    private readonly options: ViewersOptions,
    private readonly now: () => number,
  ) {
    metrics.gauge('zlt_viewers', () => this.#counts())
    this.#sweep = setInterval(() => this.#beat(), SWEEP_MS)
  }

  /**
   * Decides whether the bearer may watch all of `orderIds`; waits a moment for orders not known yet.
   * @throws ZltError `order_not_found` (unknown or not theirs, after a constant time), `too_many_orders`, `too_many_requests`
   */
  async admit(claims: Claims, orderIds: readonly string[]): Promise<Grant> {
    if (this.#draining) throw new ZltError('not_ready', 'this node is going away; connect again')
    if (orderIds.length > this.options.ordersPerSocket) {
      throw new ZltError('too_many_orders', `at most ${this.options.ordersPerSocket} orders on one socket`)
    }
    const untilMs = performance.now() + REFUSE_AFTER_MS
    const grant = this.#grant(claims, orderIds)
    if (grant !== undefined) return grant
    if (this.#pending >= this.options.pendingLimit) {
      throw new ZltError('too_many_requests', 'too many openings are waiting', { retryAfterMs: 1_000 })
    }
    this.#pending += 1
    try {
      for (;;) {
        const leftMs = untilMs - performance.now()
        const missing = orderIds.find((id) => this.#grant(claims, [id]) === undefined)
        if (missing === undefined) return this.#grant(claims, orderIds) ?? []
        if (leftMs <= 0) throw new ZltError('order_not_found', 'no such order for you')
        await this.orders.changed(missing, leftMs)
      }
    } catch (error) {
      this.metrics.count('zlt_viewers_refused_total', 1, (error as ZltError).code)
      throw error
    } finally {
      this.#pending -= 1
    }
  }

  /** Puts a granted viewer into the hub. */
  open(viewer: Viewer, grant: Grant): void {
    this.hub.add(viewer)
    // Let in before the way out began, opened after it: drain will not come by again.
    if (this.#draining) this.#sendBack(viewer, MIN_SPREAD_MS)
    else for (const { orderId, audience } of grant) this.hub.watch(viewer, orderId, audience)
  }

  closeViewer(viewer: Viewer, code: number, reason: string): void {
    this.metrics.count('zlt_viewers_closed_total', 1, String(code))
    viewer.close(code, reason)
    this.hub.remove(viewer)
  }

  /** Sends everybody to another node, or back here once it is up again; resolves when all were told. */
  async drain(): Promise<void> {
    this.#draining = true
    clearInterval(this.#sweep)
    const viewers = [...this.hub.viewers]
    // Spread the return over time: more viewers, a longer spread.
    const spreadMs = Math.max(MIN_SPREAD_MS, viewers.length * 2)
    for (const [i, viewer] of viewers.entries()) {
      this.#sendBack(viewer, spreadMs)
      if (i % 200 === 199) await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  #sendBack(viewer: Viewer, spreadMs: number): void {
    const retryAfterMs = Math.round(100 + Math.random() * spreadMs)
    this.closeViewer(viewer, CLOSE.restart, JSON.stringify({ retry_after_ms: retryAfterMs }))
  }

  #grant(claims: Claims, orderIds: readonly string[]): Grant | undefined {
    const grant: Grant = []
    for (const orderId of orderIds) {
      const audience = audienceOf(claims, orderId, this.orders.get(orderId))
      if (audience === undefined || isReserved(orderId)) return undefined
      grant.push({ orderId, audience })
    }
    return grant
  }

  /** Once a second: a beat for those who got nothing, an end for those who said nothing or may not stay. */
  #beat(): void {
    const nowMs = this.now()
    const { heartbeatMs, silentAfterMs } = this.options
    const beat = `{"type":"beat","now_ms":${nowMs}}`
    for (const viewer of this.hub.viewers) {
      // After the clock was set back all times lie ahead: nobody would be sent a beat, or missed, until it has caught up.
      viewer.lastHeardMs = Math.min(viewer.lastHeardMs, nowMs)
      viewer.lastSentMs = Math.min(viewer.lastSentMs, nowMs)
      const silentMs = nowMs - viewer.lastHeardMs
      if (viewer.closed) this.hub.remove(viewer)
      else if (viewer.claims.exp * 1000 <= nowMs) this.closeViewer(viewer, CLOSE.token_ended, 'token_expired')
      else if (viewer.sink.kind === 'socket' && silentMs >= silentAfterMs) {
        const code = viewer.blocked ? CLOSE.too_slow : CLOSE.silent
        this.closeViewer(viewer, code, viewer.blocked ? 'too_slow' : 'silent')
      } else {
        if (silentMs >= heartbeatMs) viewer.sink.ping()
        if (nowMs - viewer.lastSentMs >= heartbeatMs && viewer.send(beat, nowMs)) {
          this.metrics.count('zlt_frames_sent_total', 1, 'beat')
        }
      }
    }
  }

  #counts(): Record<string, number> {
    const counts = { socket: 0, stream: 0 }
    for (const viewer of this.hub.viewers) counts[viewer.sink.kind] += 1
    return counts
  }
}
