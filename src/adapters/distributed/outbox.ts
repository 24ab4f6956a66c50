/** What goes out to other nodes: gathered per receiver, one entry under way at a time, kept while Redis is away. */

import type { Metrics } from '../../metrics'
import type { Message } from '../../ports/mail'
import { conflate, encodeBody, sizeOf } from './mail-body'

/** More messages than this do not wait for one receiver: what was thrown away shows there as a gap. */
export const MAX_WAITING = 16_384
/** An entry holds at most so many messages, and about so many characters. */
const ENTRY_MESSAGES = 500
const ENTRY_CHARS = 256 * 1024
/** So long a first message waits for others: a round trip costs both ends far more than what it carries. */
const GATHER_MS = 1
/** Redis answers nothing, or refuses: tried again after this long, and at once when a connection stands. */
const RETRY_MS = 250
/** A receiver that nothing was sent to for this long, and that is not alive, is forgotten. */
const FORGET_AFTER_MS = 120_000

export interface OutboxDeps {
  self: string
  metrics: Metrics
  /** Puts an entry into the receiver's stream. False: there is none. @throws when it may not be there */
  put(to: string, body: string): Promise<boolean>
  absent(node: string): void
  failed(error: unknown): void
  sent(): void
}

interface Receiver {
  node: string
  series: number
  /** Of the entry taken last. */
  number: number
  waiting: Message[]
  /** Whether more than one call has added to what waits: only then can there be anything to conflate. */
  isGathered: boolean
  /** Whether the receiver is to be told of a loss, by an entry without messages if need be. */
  owesGap: boolean
  /** So many waiting, and it is worth conflating them. */
  conflateAt: number
  /**
   * The entry under way. It stays until it is known what became of it: sent twice under one number, it is taken once.
   */
  flying: string | undefined
  isBusy: boolean
  isScheduled: boolean
  retry: Timer | undefined
  lastSendMs: number
}

export class Outbox {
  readonly #receivers = new Map<string, Receiver>()
  #series = 0
  #closed = false

  constructor(private readonly deps: OutboxDeps) {}

  send(to: string, messages: readonly Message[]): void {
    if (messages.length === 0 || this.#closed) return
    const receiver = this.#receivers.get(to) ?? this.#newReceiver(to)
    if (receiver.waiting.length > 0) receiver.isGathered = true
    for (const message of messages) receiver.waiting.push(message)
    receiver.lastSendMs = performance.now()
    if (receiver.waiting.length >= receiver.conflateAt) this.#shrink(receiver)
    if (receiver.isScheduled || receiver.isBusy || receiver.retry !== undefined) return
    receiver.isScheduled = true
    // So that what comes of one round of fetches goes as one, whichever partition it is of.
    setTimeout(() => {
      receiver.isScheduled = false
      void this.#drain(receiver)
    }, GATHER_MS)
  }

  /** A connection stands: what waits goes out. */
  flush(): void {
    for (const receiver of this.#receivers.values()) void this.#drain(receiver)
  }

  /** Forgets receivers that are not among `alive`, once nothing was sent to them for a while. */
  keep(alive: ReadonlySet<string>): void {
    const beforeMs = performance.now() - FORGET_AFTER_MS
    for (const [node, receiver] of this.#receivers) {
      if (alive.has(node) || receiver.isBusy || receiver.lastSendMs > beforeMs) continue
      clearTimeout(receiver.retry)
      this.#receivers.delete(node)
      // Nothing of it fails any more.
      if (receiver.retry !== undefined) this.deps.sent()
    }
  }

  close(): void {
    this.#closed = true
    for (const { retry } of this.#receivers.values()) clearTimeout(retry)
    this.#receivers.clear()
  }

  #newReceiver(node: string): Receiver {
    const receiver: Receiver = {
      node,
      series: ++this.#series,
      number: 0,
      waiting: [],
      isGathered: false,
      owesGap: false,
      conflateAt: MAX_WAITING / 8,
      flying: undefined,
      isBusy: false,
      isScheduled: false,
      retry: undefined,
      lastSendMs: 0,
    }
    this.#receivers.set(node, receiver)
    return receiver
  }

  /** Never rejects. */
  async #drain(receiver: Receiver): Promise<void> {
    if (receiver.isBusy) return
    receiver.isBusy = true
    clearTimeout(receiver.retry)
    receiver.retry = undefined
    try {
      while (!this.#closed) {
        receiver.flying ??= this.#take(receiver)
        if (receiver.flying === undefined) return
        const isThere = await this.deps.put(receiver.node, receiver.flying)
        this.deps.sent()
        receiver.flying = undefined
        if (isThere || this.#closed) continue
        // The number of the entry is gone with it, so that the receiver, if it ever comes, is told of a gap.
        this.#throwAway(receiver, [])
        receiver.owesGap = false
        this.deps.absent(receiver.node)
      }
    } catch (error) {
      this.deps.failed(error)
      if (!this.#closed) receiver.retry = setTimeout(() => void this.#drain(receiver), RETRY_MS)
    } finally {
      receiver.isBusy = false
    }
  }

  #take(receiver: Receiver): string | undefined {
    if (receiver.waiting.length === 0 && !receiver.owesGap) return undefined
    receiver.owesGap = false
    if (receiver.isGathered) receiver.waiting = conflate(receiver.waiting)
    const { waiting } = receiver
    let count = 0
    for (let chars = 0; count < waiting.length && count < ENTRY_MESSAGES && chars < ENTRY_CHARS; count++) {
      chars += sizeOf(waiting[count] as Message)
    }
    const messages = count === waiting.length ? waiting : waiting.slice(0, count)
    receiver.waiting = count === waiting.length ? [] : waiting.slice(count)
    // What is left is conflated; the next call may add to it.
    receiver.isGathered = false
    receiver.conflateAt = MAX_WAITING / 8
    receiver.number += 1
    return encodeBody({ from: this.deps.self, series: receiver.series, number: receiver.number, messages })
  }

  /** Conflates what waits; of what is still too much, positions go first: an announcement brings them again. */
  #shrink(receiver: Receiver): void {
    receiver.waiting = conflate(receiver.waiting)
    if (receiver.waiting.length > MAX_WAITING) {
      const others = receiver.waiting.filter(({ type }) => type !== 'position')
      this.#throwAway(receiver, others.length > MAX_WAITING / 2 ? [] : others)
    }
    receiver.conflateAt = Math.min(Math.max(2 * receiver.waiting.length, MAX_WAITING / 8), MAX_WAITING + 1)
  }

  #throwAway(receiver: Receiver, kept: Message[]): void {
    const lost = receiver.waiting.length - kept.length
    receiver.waiting = kept
    if (lost === 0) return
    receiver.number += 1
    receiver.owesGap = true
    this.deps.metrics.count('zlt_mail_messages_dropped_total', lost)
  }
}
