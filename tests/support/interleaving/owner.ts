/** The model's owner: the product's `Partition`, with the steps that `Owner` takes around it, one at a time. */

import { AUDIENCES, type Audience } from '../../../src/domain/audience'
import { type Order, vouchedOrder } from '../../../src/domain/order'
import { NO_PACE } from '../../../src/domain/pace'
import type { Track } from '../../../src/domain/track'
import type { Partition } from '../../../src/fanout/partition'
import { withLine } from '../../../src/fanout/position-message'
import { Watchers, type Watching } from '../../../src/fanout/watchers'
import type { Message, PositionMessage } from '../../../src/ports/mail'
import type { Tail } from './facts'
import type { World } from './world'

export class ModelOwner {
  readonly partition: Partition
  readonly #watchers = new Watchers()
  #next: number

  constructor(
    private readonly world: World,
    private readonly node: { readonly id: string; readonly tail: Tail },
    readonly number: number,
  ) {
    let asked = ''
    const partition = world.seams.openPartition({
      order: (id) => {
        asked = id
        return node.tail.table.get(id)
      },
      onDrop: (code) => {
        world.count(`drop ${code}`)
        if (code === 'assignment_unknown') world.gaveUp.set(asked, world.log.length)
      },
      onPoison: (reason) => {
        throw new Error(`poison: ${reason}`)
      },
      onPosition: () => world.count('positions'),
      onBroken: (_order, error) => {
        throw error
      },
      knowledge: () => ({ pace: NO_PACE, hasEngine: true }),
      onRequest: (id, request) => {
        world.count('requests')
        world.engine.ask(partition, id, request)
      },
    })
    this.partition = partition
    this.#next = world.committed
    for (const to of world.nodes) this.#send(to.id, [{ type: 'owner', partition: 0 }])
  }

  /** Takes the next records of the log; an owner that lost its partition goes on too, until somebody tells it. */
  step(count: number): void {
    const stored = this.world.log.slice(this.#next, this.#next + count)
    const last = stored.at(-1)
    if (last === undefined) return
    const records = this.partition.read(stored)
    for (const id of this.partition.unknownOf(records)) this.#load(id)
    const moved = this.partition.take(records, this.world.nowMs)
    this.partition.sawUpTo(last.at)
    this.#next += stored.length
    for (const id of moved) this.#route(id)
  }

  tick(): void {
    for (const id of this.partition.tick(this.world.nowMs)) this.#route(id)
  }

  orderChanged(id: string): void {
    this.partition.orderChanged(id, this.world.nowMs)
    this.#route(id)
  }

  /** Saves, then commits; a crash may come in between, and a commit of a former owner counts for nothing. */
  checkpoint(crash: boolean): void {
    const { committable } = this.partition
    for (const { track } of this.partition.takeUnsaved(1_000)) this.world.save(track)
    if (!crash && this.world.owner === this) this.world.commit(committable)
    this.partition.evict(({ orderId }) => this.#watchers.of(orderId) !== undefined || this.world.nowMs % 3 > 0)
  }

  unwatch(from: string, order: string): void {
    this.#watchers.remove(order, from)
  }

  answer(from: string, orders: readonly (readonly [string, Audience[]])[]): void {
    const messages: Message[] = []
    for (const [id, audiences] of orders) {
      if (this.partition.track(id) === undefined) this.#load(id)
      this.#watchers.add(id, from, audiences)
      const watching = this.#watchers.of(id)?.get(from)
      for (const audience of audiences) messages.push(this.#toldOf(id, audience, watching))
    }
    this.#send(from, messages)
  }

  #load(id: string): void {
    const track = this.world.load(id)
    if (track !== undefined) this.partition.restore(track)
  }

  #route(id: string): void {
    for (const [node, watching] of this.#watchers.of(id) ?? []) {
      const wanted = AUDIENCES.filter((audience) => watching.audiences.includes(audience))
      this.#send(
        node,
        wanted.map((audience) => this.#toldOf(id, audience, watching)),
      )
    }
  }

  /** The position, with its line when the node was not sent that before. */
  #toldOf(id: string, audience: Audience, watching: Watching | undefined): Message {
    const message = this.#positionOf(id, audience)
    const track = this.partition.track(id)
    if (track === undefined || watching === undefined) return message
    if (message.routeId === undefined || message.routeId === watching.routeId) return message
    watching.routeId = message.routeId
    return withLine(message, track)
  }

  #positionOf(id: string, audience: Audience): PositionMessage {
    const order: Order = this.node.tail.table.get(id) ?? vouchedOrder(id)
    const track: Track | undefined = this.partition.track(id)
    const part = track && this.world.seams.project(track, order, audience)
    const message = { type: 'position' as const, order: id, audience, epoch: this.world.epochOfOwnerAt(this.node.id) }
    if (part === undefined) return { ...message, at: -1, rev: order.rev, assignment: 0, receivedMs: 0, json: null }
    const { at, rev, assignment, received_ms: receivedMs, route_id: routeId } = part
    const line = routeId === undefined ? {} : { routeId }
    return { ...message, at, rev, assignment, receivedMs, json: JSON.stringify(part), ...line }
  }

  #send(to: string, messages: readonly Message[]): void {
    this.world.post.send(this.node.id, to, messages)
  }
}
