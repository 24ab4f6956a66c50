/** From the owner to the hubs: who watches what, and the newest position of each order on its way to them. */

import type { Audience } from '../domain/audience'
import { VOUCHED_LIFE_MS } from '../domain/order'
import type { Track } from '../domain/track'
import type { Metrics } from '../metrics'
import type { Mail, Message, PositionMessage } from '../ports/mail'
import type { AccessTable } from '../tables/access'
import type { OrderTable } from '../tables/orders'
import { positionMessage, withLine } from './position-message'
import { Watchers, type Watching } from './watchers'

export interface RouterDeps {
  mail: Mail
  orders: OrderTable
  access: AccessTable
  metrics: Metrics
  now(): number
}

export class PositionRouter {
  readonly watchers = new Watchers()
  readonly #outbox = new Map<string, Message[]>()

  constructor(private readonly deps: RouterDeps) {}

  /**
   * Queues the position of `track` for every node that watches its order.
   * @param trace the `traceparent` of what made it, when that is traced
   */
  route(track: Track, trace?: string): void {
    const nodes = this.watchers.of(track.orderId)
    if (nodes === undefined) return
    const made = new Map<Audience, PositionMessage>()
    for (const [node, watching] of nodes) {
      for (const audience of watching.audiences) {
        let message = made.get(audience)
        if (message === undefined) {
          message = this.#messageOf(track.orderId, track, audience)
          if (trace !== undefined) message.trace = trace
          made.set(audience, message)
        }
        this.#sendPosition(node, watching, message, track)
        this.deps.metrics.count('zlt_positions_routed_total')
      }
    }
  }

  /** Queues for one node what there is of an order it watches; nothing when it does not watch it any more. */
  answer(node: string, orderId: string, track: Track | undefined): void {
    const watching = this.watchers.of(orderId)?.get(node)
    if (watching === undefined) return
    for (const audience of watching.audiences) {
      this.#sendPosition(node, watching, this.#messageOf(orderId, track, audience), track)
    }
  }

  send(node: string, message: Message): void {
    const queued = this.#outbox.get(node)
    if (queued === undefined) this.#outbox.set(node, [message])
    else queued.push(message)
  }

  /** Hands all that is queued to the mail: once a batch, so that a node gets one entry of many messages. */
  flush(): void {
    for (const [node, messages] of this.#outbox) this.deps.mail.send(node, messages)
    this.#outbox.clear()
  }

  /** A vouched order ends by itself: nobody will ever say that it was delivered. */
  hasLapsed(track: Track): boolean {
    if (track.last === undefined || this.deps.orders.get(track.orderId) !== undefined) return false
    return this.deps.now() - track.last.receivedMs > VOUCHED_LIFE_MS
  }

  /** A node gets a line once, and again when it is another. */
  #sendPosition(node: string, watching: Watching, message: PositionMessage, track: Track | undefined): void {
    const isNewLine = message.routeId !== undefined && message.routeId !== watching.routeId
    if (isNewLine) watching.routeId = message.routeId
    this.send(node, isNewLine && track !== undefined ? withLine(message, track) : message)
  }

  #messageOf(orderId: string, track: Track | undefined, audience: Audience): PositionMessage {
    const known = track !== undefined && !this.hasLapsed(track) ? track : undefined
    return positionMessage(orderId, known, this.deps.orders.get(orderId), audience, this.deps.access.epoch)
  }
}
