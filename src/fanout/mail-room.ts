/** Where a fan-out node's mail is opened: owner's mail to the owner, hub's to the hub; and how the hub finds owners. */

import type { Audience } from '../domain/audience'
import type { OnError } from '../errors'
import type { Log } from '../ports/log'
import type { Inbox, Mail, Message, PositionMessage, ToOwner } from '../ports/mail'
import type { Tracing } from '../tracing'
import type { Hub, PositionSource } from './hub'
import type { Owner } from './owner'

/** Repairs whatever got lost in a way nobody noticed. */
const ANNOUNCE_MS = 30_000
/** Before looking for an owner again, spread so that not all nodes look at once. */
const LOOK_AGAIN_MS = { min: 200, max: 1_000 } as const
/** A node that slept has heard by then whether it is still a member of the group, and of which partitions. */
const AWAKE_MS = 5_000

export class MailRoom implements Inbox, PositionSource {
  readonly #ownerOf = new Map<number, string>()
  readonly #looking = new Set<number>()
  #owner: Owner | undefined
  #hub: Hub | undefined
  #timer: Timer | undefined

  constructor(
    private readonly mail: Mail,
    private readonly log: Log,
    private readonly onError: OnError,
    private readonly tracing?: Tracing,
    private readonly awakeMs = AWAKE_MS,
  ) {}

  async open(hub: Hub, owner: Owner): Promise<void> {
    this.#hub = hub
    this.#owner = owner
    await this.mail.open(this)
    this.#timer = setInterval(() => {
      for (const partition of this.#ownerOf.keys()) this.#announce(partition)
    }, ANNOUNCE_MS)
  }

  watch(order: string, audiences: Audience[]): void {
    this.#toOwner(this.log.partitionOf(order), { type: 'watch', order, audiences })
  }

  unwatch(order: string): void {
    this.#toOwner(this.log.partitionOf(order), { type: 'unwatch', order })
  }

  receive(from: string, messages: readonly Message[]): void {
    for (const message of messages) this.#open(from, message)
  }

  /** Positions of its partitions may be lost, or what it watches of ours: both ask again. */
  gap(from: string): void {
    for (const [partition, owner] of this.#ownerOf) if (owner === from) this.#announce(partition)
    this.#owner?.ownership.introduceTo(from)
  }

  absent(node: string): void {
    this.#owner?.forgetNode(node)
    for (const [partition, owner] of this.#ownerOf) {
      if (owner !== node) continue
      this.#ownerOf.delete(partition)
      this.#lookFor(partition, lookAgainMs())
    }
  }

  expired(node: string): void {
    this.#owner?.forgetNode(node)
    void this.#owner?.evict(node)
  }

  emptied(slept: boolean): void {
    for (const partition of this.#ownerOf.keys()) this.#announce(partition)
    if (slept) setTimeout(() => this.#owner?.ownership.announceAll(), this.awakeMs).unref()
    else this.#owner?.ownership.announceAll()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #open(from: string, message: Message): void {
    switch (message.type) {
      case 'position':
        // One that lost the partition in its sleep, and does not know it yet, has nothing to say.
        if (this.#ownerOf.get(this.log.partitionOf(message.order)) === from) this.#receivePosition(message)
        break
      case 'owner':
        this.#ownerOf.set(message.partition, from)
        this.#announce(message.partition)
        break
      case 'not_mine':
        // Who was asked before the owner we know now has nothing to say.
        if (this.#ownerOf.get(message.partition) !== from) break
        this.#ownerOf.delete(message.partition)
        this.#lookFor(message.partition, lookAgainMs())
        break
      case 'watch':
      case 'unwatch':
      case 'announce':
        this.#owner?.receive(from, message)
    }
  }

  #receivePosition(message: PositionMessage): void {
    const { order, audience, trace } = message
    const span = trace === undefined ? undefined : this.tracing?.follow('consumer', 'send', trace)
    this.#hub?.receive(message)
    span?.end({ 'zlt.order_id': order, 'zlt.audience': audience })
  }

  #toOwner(partition: number, message: ToOwner): void {
    const owner = this.#ownerOf.get(partition)
    if (owner !== undefined) this.mail.send(owner, [message])
    else this.#lookFor(partition, 0)
  }

  /** All that this hub watches of the partition; whatever was asked while its owner was unknown is in it. */
  #announce(partition: number): void {
    const owner = this.#ownerOf.get(partition)
    if (owner === undefined || this.#hub === undefined) return
    const orders = this.#hub.watched().filter(([order]) => this.log.partitionOf(order) === partition)
    // Also when there are none: it replaces what the owner remembers.
    this.mail.send(owner, [{ type: 'announce', partition, orders }])
  }

  #lookFor(partition: number, afterMs: number): void {
    if (this.#looking.has(partition)) return
    this.#looking.add(partition)
    setTimeout(() => {
      this.mail
        .ownerOf(partition)
        .then((owner) => {
          this.#looking.delete(partition)
          // It has said so itself meanwhile.
          if (this.#ownerOf.has(partition)) return
          if (owner === undefined) return this.#lookFor(partition, lookAgainMs())
          this.#ownerOf.set(partition, owner)
          this.#announce(partition)
        })
        .catch((error) => {
          this.#looking.delete(partition)
          this.onError(error, { stage: 'find_owner', partition })
          this.#lookFor(partition, lookAgainMs())
        })
    }, afterMs).unref()
  }
}

function lookAgainMs(): number {
  return LOOK_AGAIN_MS.min + Math.random() * (LOOK_AGAIN_MS.max - LOOK_AGAIN_MS.min)
}
