/** A fan-out node of the model: the product's hub and table, and a mail room whose waits are steps of the model. */

import type { Audience } from '../../../src/domain/audience'
import { audienceOf } from '../../../src/domain/audience'
import { Hub, type PositionSource } from '../../../src/fanout/hub'
import { Metrics } from '../../../src/metrics'
import type { Message } from '../../../src/ports/mail'
import { AccessTable, EPOCH_KEY } from '../../../src/tables/access'
import { Tail } from './facts'
import type { ModelOwner } from './owner'
import type { Page } from './page'
import type { Receiver } from './post'
import type { World } from './world'

export class Node implements PositionSource, Receiver {
  readonly tail: Tail
  readonly access = new AccessTable()
  readonly hub: Hub
  readonly pages = new Set<Page>()
  owner: ModelOwner | undefined
  #ownerOf: string | undefined

  constructor(
    private readonly world: World,
    readonly id: string,
  ) {
    this.tail = new Tail(world.facts)
    this.tail.read(Number.POSITIVE_INFINITY)
    this.access.apply(EPOCH_KEY, String(world.epoch))
    const orders = this.tail.table
    orders.onChange((order) => this.owner?.orderChanged(order))
    this.hub = new Hub({ orders, access: this.access, source: this, metrics: new Metrics(), now: () => world.nowMs })
  }

  /** Lets a page in, if the table as it is here allows it. */
  open(page: Page): boolean {
    const audience = audienceOf(page.claims, page.orderId, this.tail.table.get(page.orderId))
    if (audience === undefined) return false
    const viewer = page.connect()
    this.hub.add(viewer)
    this.pages.add(page)
    this.hub.watch(viewer, page.orderId, audience)
    return true
  }

  close(page: Page): void {
    if (!this.pages.delete(page)) return
    page.isOpen = false
    this.hub.remove(page.viewer)
  }

  watch(order: string, audiences: Audience[]): void {
    this.#toOwner({ type: 'watch', order, audiences })
  }

  unwatch(order: string): void {
    this.#toOwner({ type: 'unwatch', order })
  }

  gap(): void {
    this.announce()
  }

  gone(node: string): void {
    if (this.#ownerOf === node) this.#ownerOf = undefined
  }

  receive(from: string, message: Message): void {
    switch (message.type) {
      case 'position':
        this.hub.receive(message)
        break
      case 'owner':
        this.#ownerOf = from
        this.access.apply(EPOCH_KEY, String(this.world.epochOfOwnerAt(from)))
        this.announce()
        break
      case 'not_mine':
        this.#ownerOf = undefined
        break
      case 'unwatch':
        this.owner?.unwatch(from, message.order)
        break
      default:
        if (this.owner === undefined) this.world.post.send(this.id, from, [{ type: 'not_mine', partition: 0 }])
        else this.owner.answer(from, message.type === 'watch' ? [[message.order, message.audiences]] : message.orders)
    }
  }

  /** Reads who owns the partition, as after `not_mine`, and tells it everything. */
  look(): void {
    if (this.#ownerOf !== undefined) return
    this.#ownerOf = this.world.claimedBy
    this.announce()
  }

  announce(): void {
    const orders = this.hub.watched()
    if (this.#ownerOf === undefined || orders.length === 0) return
    this.world.post.send(this.id, this.#ownerOf, [{ type: 'announce', partition: 0, orders }])
  }

  #toOwner(message: Message): void {
    if (this.#ownerOf !== undefined) this.world.post.send(this.id, this.#ownerOf, [message])
  }
}
