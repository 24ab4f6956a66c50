/** Mail on one machine: the owner and the hub are in one process, and still talk by messages. */

import type { OnError } from '../../errors'
import type { Inbox, Mail, Message } from '../../ports/mail'

const SELF = 'local'

export class LoopbackMail implements Mail {
  readonly self = SELF
  #inbox: Inbox | undefined
  #queue: Message[] = []
  #scheduled = false
  #closed = false
  #owned = new Set<number>()

  constructor(private readonly onError: OnError) {}

  send(to: string, messages: readonly Message[]): void {
    // A node that is not this one existed before a restart, or on another tier: nobody is there.
    if (to !== SELF || this.#closed) return
    for (const message of messages) this.#queue.push(message)
    this.#schedule()
  }

  /** Before `open` nothing is delivered: what is sent waits, as it would for a node that starts. */
  #schedule(): void {
    if (this.#scheduled || this.#inbox === undefined || this.#queue.length === 0) return
    this.#scheduled = true
    queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    this.#scheduled = false
    const messages = this.#queue
    this.#queue = []
    try {
      this.#inbox?.receive(SELF, messages)
    } catch (error) {
      // Thrown from here it would end the process.
      this.onError(error, { stage: 'mail' })
    }
  }

  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox
    this.#schedule()
  }

  async nodes(): Promise<string[]> {
    return [SELF]
  }

  async claim(partition: number): Promise<void> {
    this.#owned.add(partition)
  }

  async ownerOf(partition: number): Promise<string | undefined> {
    return this.#owned.has(partition) ? SELF : undefined
  }

  async health(): Promise<{ ok: true }> {
    return { ok: true }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#inbox = undefined
    this.#queue = []
  }
}
