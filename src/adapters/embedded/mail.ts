/** Mail on one machine: the owner and the hub are in one process, and still talk by messages. */

import type { Inbox, Mail, Message } from '../../ports/mail'

const SELF = 'local'

export class LoopbackMail implements Mail {
  readonly self = SELF
  #inbox: Inbox | undefined
  #queue: Message[] = []
  #owned = new Set<number>()

  send(_to: string, messages: readonly Message[]): void {
    if (this.#queue.length === 0) queueMicrotask(() => this.#deliver())
    for (const message of messages) this.#queue.push(message)
  }

  #deliver(): void {
    const messages = this.#queue
    this.#queue = []
    this.#inbox?.receive(SELF, messages)
  }

  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox
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

  async close(): Promise<void> {
    this.#inbox = undefined
  }
}
