/** Mail between any number of nodes in one process, to prove the contract's cases for several nodes by. */

import type { Inbox, Mail, Message } from '../../src/ports/mail.ts'

/** What the nodes share. */
export class MemoryPost {
  readonly inboxes = new Map<string, Inbox>()
  readonly owners = new Map<number, string>()
  readonly waiting = new Map<string, { from: string; messages: readonly Message[] }[]>()
  readonly gone = new Set<string>()
  isAway = false
  #held: (() => void)[] = []
  #count = 0

  node(): MemoryMail {
    return new MemoryMail(this, `node.${++this.#count}`)
  }

  deliver(from: string, to: string, messages: readonly Message[]): void {
    if (this.isAway && from !== to) {
      this.#held.push(() => this.deliver(from, to, messages))
      return
    }
    queueMicrotask(() => {
      const inbox = this.inboxes.get(to)
      try {
        if (inbox !== undefined) inbox.receive(from, messages)
        else if (this.gone.has(to)) this.inboxes.get(from)?.absent(to)
        else this.waiting.set(to, [...(this.waiting.get(to) ?? []), { from, messages }])
      } catch {
        // The receiver's own; a real adapter reports it.
      }
    })
  }

  kill(node: string): void {
    this.leave(node)
    for (const inbox of this.inboxes.values()) queueMicrotask(() => inbox.expired(node))
  }

  leave(node: string): void {
    this.inboxes.delete(node)
    this.gone.add(node)
  }

  empty(): void {
    this.owners.clear()
    for (const inbox of this.inboxes.values()) queueMicrotask(() => inbox.emptied(false))
  }

  /** @returns what ends it */
  cutOff(): () => void {
    this.isAway = true
    return () => {
      this.isAway = false
      for (const deliver of this.#held.splice(0)) deliver()
    }
  }
}

export class MemoryMail implements Mail {
  constructor(
    private readonly post: MemoryPost,
    readonly self: string,
  ) {}

  send(to: string, messages: readonly Message[]): void {
    if (messages.length > 0) this.post.deliver(this.self, to, messages)
  }

  async open(inbox: Inbox): Promise<void> {
    this.post.inboxes.set(this.self, inbox)
    for (const { from, messages } of this.post.waiting.get(this.self) ?? []) inbox.receive(from, messages)
  }

  async nodes(): Promise<string[]> {
    return [...this.post.inboxes.keys()]
  }

  async claim(partition: number): Promise<void> {
    this.post.owners.set(partition, this.self)
  }

  async ownerOf(partition: number): Promise<string | undefined> {
    return this.post.owners.get(partition)
  }

  async health(): Promise<{ ok: true } | { ok: false; reason: string }> {
    return this.post.isAway ? { ok: false, reason: 'cut off' } : { ok: true }
  }

  async close(): Promise<void> {
    this.post.leave(this.self)
  }
}
