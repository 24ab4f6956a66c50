/**
 * The hub: everything this process's viewers watch. It projects orders from the table, keeps the newest position of
 * each watched order, and sends each viewer what it has not got. Versions never go back on a viewer.
 */

import { type Audience, audienceOf, mayShowPosition, projectOrder } from '../domain/audience'
import { hasEnded, type Order, vouchedOrder } from '../domain/order'
import { isNewerPosition } from '../domain/view'
import { CLOSE } from '../errors'
import type { Metrics } from '../metrics'
import type { PositionMessage } from '../ports/mail'
import type { AccessTable } from '../tables/access'
import type { OrderTable } from '../tables/orders'
import { viewFrame } from './view-frame'
import type { Viewer, Watch } from './viewer'

/** Why an order's frames end. */
export type EndReason = 'delivered' | 'cancelled' | 'revoked' | 'expired' | 'forgotten'

/** What the hub needs of the owners of positions. */
export interface PositionSource {
  watch(orderId: string, audiences: Audience[]): void
  unwatch(orderId: string): void
}

export interface HubDeps {
  orders: OrderTable
  access: AccessTable
  source: PositionSource
  metrics: Metrics
  now(): number
}

interface WatchedOrder {
  watches: Set<Watch>
  /** A record and not a Map, which takes 300 bytes for its first entry: most orders are watched by one viewer. */
  positions: Partial<Record<Audience, PositionMessage>>
  /** The route part that positions name, as JSON. */
  line?: { id: string; json: string }
  /** Those who wait for the first answer of the owner. */
  waiting: Map<() => void, Audience>
}

export class Hub {
  readonly #orders = new Map<string, WatchedOrder>()
  readonly viewers = new Set<Viewer>()

  constructor(private readonly deps: HubDeps) {
    const { orders, access, metrics } = deps
    metrics.gauge('zlt_watched_orders', () => this.#orders.size)
    metrics.gauge('zlt_orders', () => orders.size)
    orders.onChange((id, order) => this.#orderChanged(id, order))
    access.onEpoch(() => this.#epochChanged())
  }

  /** All that is watched, for announcing to an owner. */
  watched(): [order: string, audiences: Audience[]][] {
    return [...this.#orders].map(([id, { watches }]) => [id, audiencesOf(watches)])
  }

  add(viewer: Viewer): void {
    this.viewers.add(viewer)
  }

  remove(viewer: Viewer): void {
    viewer.closed = true
    this.viewers.delete(viewer)
    for (const orderId of viewer.watches.keys()) this.unwatch(viewer, orderId)
  }

  /** Starts to watch; the complete view goes out at once, the position as soon as its owner answers. */
  watch(viewer: Viewer, orderId: string, audience: Audience): void {
    if (viewer.watches.has(orderId)) return
    const nothing = { orderRev: -1, positionAt: -1, positionRev: -1, epoch: 0, forgotten: false }
    const watch: Watch = { orderId, viewer, audience, ...nothing }
    viewer.watches.set(orderId, watch)
    let watched = this.#orders.get(orderId)
    if (watched === undefined) {
      watched = { watches: new Set(), positions: {}, waiting: new Map() }
      this.#orders.set(orderId, watched)
    }
    const isNewAudience = ![...watched.watches].some((other) => other.audience === audience)
    watched.watches.add(watch)
    this.#update(watch, watched)
    // What was sent at the first look may already be the end.
    if (isNewAudience && watched.watches.has(watch)) this.deps.source.watch(orderId, audiencesOf(watched.watches))
  }

  unwatch(viewer: Viewer, orderId: string): void {
    const watch = viewer.watches.get(orderId)
    const watched = this.#orders.get(orderId)
    if (watch === undefined || watched === undefined) return
    viewer.watches.delete(orderId)
    watched.watches.delete(watch)
    if (watched.watches.size > 0) return
    this.#orders.delete(orderId)
    this.deps.source.unwatch(orderId)
  }

  /** The newest position known here; `undefined` while the owner has not answered. */
  position(orderId: string, audience: Audience): PositionMessage | undefined {
    return this.#orders.get(orderId)?.positions[audience]
  }

  /** The line that positions of the order name; undefined while none is known. */
  line(orderId: string): { id: string; json: string } | undefined {
    return this.#orders.get(orderId)?.line
  }

  /** Asks the owner for its newest answer. */
  askAgain(orderId: string): void {
    const watched = this.#orders.get(orderId)
    if (watched !== undefined) this.deps.source.watch(orderId, audiencesOf(watched.watches))
  }

  /** Resolves when a position message of the order for `audience` arrives, or after `timeoutMs`. */
  nextPosition(orderId: string, audience: Audience, timeoutMs: number): Promise<void> {
    const watched = this.#orders.get(orderId)
    if (watched === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        watched.waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      watched.waiting.set(done, audience)
    })
  }

  /** Takes a position from an owner. */
  receive(message: PositionMessage): void {
    const watched = this.#orders.get(message.order)
    if (watched === undefined || message.epoch !== this.deps.access.epoch) return
    const isNewLine = message.routeJson !== undefined && message.routeId !== watched.line?.id
    if (message.routeId !== undefined && message.routeJson !== undefined) {
      watched.line = { id: message.routeId, json: message.routeJson }
    }
    const held = watched.positions[message.audience]
    if (held === undefined || held.json === null || isNewerPosition(message, held)) {
      watched.positions[message.audience] = message
      this.#broadcast(message, watched)
    } else {
      if (message.dropped !== undefined) held.dropped = message.dropped
      if (isNewLine) for (const watch of [...watched.watches]) this.#update(watch, watched)
    }
    // Mail that brought the line was lost, or a former owner's came after it.
    if (message.routeId !== undefined && message.routeId !== watched.line?.id) this.askAgain(message.order)
    for (const [done, audience] of watched.waiting) if (audience === message.audience) done()
  }

  /** The peer takes frames again: sends whatever is newer than what it has. */
  drained(viewer: Viewer): void {
    viewer.blocked = false
    this.review(viewer)
  }

  /** Looks again at all that the viewer watches: what is newer, and whether its claims still reach that far. */
  review(viewer: Viewer): void {
    for (const [orderId, watch] of viewer.watches) {
      const watched = this.#orders.get(orderId)
      if (watched !== undefined) this.#update(watch, watched)
    }
  }

  /** Ends one order for one viewer, as soon as the peer takes the frame; its socket closes when none is left. */
  end(watch: Watch, reason: EndReason): void {
    const { viewer, orderId } = watch
    if (!viewer.send(JSON.stringify({ type: 'end', order_id: orderId, reason }), this.deps.now())) return
    this.deps.metrics.count('zlt_frames_sent_total', 1, 'end')
    this.unwatch(viewer, orderId)
    if (viewer.watches.size === 0) viewer.close(CLOSE.ended, reason)
  }

  /** The hot path: one position to all who may see it, composed once. */
  #broadcast(message: PositionMessage, watched: WatchedOrder): void {
    const { orders, access, metrics, now } = this.deps
    const order = orders.get(message.order) ?? vouchedOrder(message.order)
    if (message.json === null || !isShown(message, order)) return
    const nowMs = now()
    let frame: string | undefined
    let sent = 0
    for (const watch of watched.watches) {
      if (watch.audience !== message.audience) continue
      if (watch.orderRev < order.rev || watch.epoch !== access.epoch || lacksLine(watch, message)) {
        this.#update(watch, watched)
        continue
      }
      if (!isNewerThanSent(message, watch)) continue
      frame ??= viewFrame(message.order, access.epoch, nowMs, { position: message.json })
      if (watch.viewer.send(frame, nowMs)) {
        watch.positionAt = message.at
        watch.positionRev = message.rev
        sent += 1
      } else metrics.count('zlt_frames_conflated_total')
    }
    if (sent === 0) return
    metrics.count('zlt_frames_sent_total', sent, 'view')
    metrics.observe('zlt_fix_to_socket_seconds', Math.max(0, nowMs - message.receivedMs) / 1000, sent)
  }

  /** Sends one viewer every part of one order that is newer than what it has; then the end, when it has come. */
  #update(watch: Watch, watched: WatchedOrder): void {
    const { viewer, orderId } = watch
    if (viewer.blocked || viewer.closed) {
      this.deps.metrics.count('zlt_frames_conflated_total')
      return
    }
    const order = this.#orderFor(watch)
    if (typeof order === 'string') {
      this.end(watch, order)
      return
    }
    const { access, metrics, now } = this.deps
    if (watch.epoch !== access.epoch) forgetSent(watch)
    const orderJson = order.rev > watch.orderRev ? JSON.stringify(projectOrder(order, watch.audience)) : undefined
    const held = watched.positions[watch.audience]
    const shown = held !== undefined && held.json !== null && isShown(held, order) ? held : undefined
    const newer = shown !== undefined && isNewerThanSent(shown, watch) ? shown : undefined
    const isLineDue = shown !== undefined && lacksLine(watch, shown) && watched.line?.id === shown.routeId
    const line = isLineDue ? watched.line : undefined
    if (orderJson !== undefined || newer !== undefined || line !== undefined) {
      const parts = { order: orderJson, position: newer?.json, route: line?.json }
      const frame = viewFrame(orderId, access.epoch, now(), parts)
      if (!viewer.send(frame, now())) return
      metrics.count('zlt_frames_sent_total', 1, 'view')
      watch.epoch = access.epoch
      watch.orderRev = Math.max(watch.orderRev, order.rev)
      if (newer !== undefined) {
        watch.positionAt = newer.at
        watch.positionRev = newer.rev
      }
      if (line !== undefined) watch.routeId = line.id
    }
    if (hasEnded(order)) this.end(watch, order.status as EndReason)
  }

  /** The order as this viewer may see it now, or why it may not any more. */
  #orderFor(watch: Watch): Order | EndReason {
    const { claims } = watch.viewer
    const order = this.deps.orders.get(watch.orderId)
    if (watch.forgotten) return 'forgotten'
    if (order?.gone) return 'expired'
    const audience = audienceOf(claims, watch.orderId, order)
    if (audience === undefined) return order === undefined ? 'forgotten' : 'revoked'
    if (audience !== watch.audience) {
      watch.audience = audience
      forgetSent(watch)
    }
    return order ?? vouchedOrder(watch.orderId)
  }

  #orderChanged(id: string, order: Order | undefined): void {
    const watched = this.#orders.get(id)
    if (watched === undefined) return
    const audiences = audiencesOf(watched.watches).join()
    for (const watch of [...watched.watches]) {
      if (order === undefined) watch.forgotten = true
      this.#update(watch, watched)
    }
    if (watched.watches.size === 0) return
    const now = audiencesOf(watched.watches)
    if (now.join() !== audiences) this.deps.source.watch(id, now)
  }

  #epochChanged(): void {
    for (const [orderId, watched] of this.#orders) {
      watched.positions = {}
      for (const watch of [...watched.watches]) this.#update(watch, watched)
      // What its owner sent of this epoch before the fact came was not taken.
      if (watched.watches.size > 0) this.deps.source.watch(orderId, audiencesOf(watched.watches))
    }
  }
}

/** A position may be shown only with the assignment it was made under, while the order is visible. */
function isShown(message: PositionMessage, order: Order): boolean {
  return message.assignment === order.assignment && mayShowPosition(order)
}

function isNewerThanSent(message: PositionMessage, watch: Watch): boolean {
  return isNewerPosition(message, { at: watch.positionAt, rev: watch.positionRev })
}

function audiencesOf(watches: Iterable<Watch>): Audience[] {
  const audiences = new Set<Audience>()
  for (const { audience } of watches) audiences.add(audience)
  return [...audiences]
}

/** A position that names a line is shown with it: the viewer needs the line once. */
function lacksLine(watch: Watch, message: PositionMessage): boolean {
  return message.routeId !== undefined && message.routeId !== watch.routeId
}

function forgetSent(watch: Watch): void {
  watch.orderRev = watch.positionAt = watch.positionRev = -1
  watch.routeId = undefined
}
