/** Mail between the model's nodes: in order per sender and receiver, at least once, and what is lost is a gap. */

import type { Message } from '../../../src/ports/mail'

interface Lane {
  from: string
  to: string
  entries: (readonly Message[] | 'lost')[]
  /** The next entry to deliver; it may go back, and then all from there comes again. */
  next: number
}

export interface Receiver {
  receive(from: string, message: Message): void
  gap(from: string): void
  /** What was sent to `node` had no inbox to go to. */
  gone(node: string): void
}

export class Post {
  readonly #lanes = new Map<string, Lane>()

  constructor(private readonly receiverOf: (node: string) => Receiver | undefined) {}

  send(from: string, to: string, messages: readonly Message[]): void {
    const key = `${from}>${to}`
    const lane = this.#lanes.get(key) ?? { from, to, entries: [], next: 0 }
    this.#lanes.set(key, lane)
    lane.entries.push(messages)
  }

  /** Delivers up to `count` entries of the `which`-th lane that has any. @returns whether there was one */
  deliver(which: number, count: number): boolean {
    const waiting = [...this.#lanes.values()].filter(({ next, entries }) => next < entries.length)
    const lane = waiting[which % Math.max(1, waiting.length)]
    if (lane === undefined) return false
    for (let i = 0; i < count; i++) this.#deliverOne(lane)
    return true
  }

  /** An entry that nobody has read yet is trimmed away. */
  lose(which: number): void {
    const waiting = [...this.#lanes.values()].filter(({ next, entries }) => next < entries.length)
    const lane = waiting[which % Math.max(1, waiting.length)]
    if (lane !== undefined) lane.entries[lane.next] = 'lost'
  }

  /** A reader that forgot how far it was reads its last entries again. */
  repeat(which: number, count: number): void {
    const read = [...this.#lanes.values()].filter(({ next }) => next > 0)
    const lane = read[which % Math.max(1, read.length)]
    if (lane !== undefined) lane.next = Math.max(0, lane.next - count)
  }

  /** Forgets all mail to and from a node that is no more. */
  drop(node: string): void {
    for (const [key, { from, to }] of this.#lanes) if (from === node || to === node) this.#lanes.delete(key)
  }

  #deliverOne(lane: Lane): void {
    const entry = lane.entries[lane.next]
    if (entry === undefined) return
    lane.next += 1
    const receiver = this.receiverOf(lane.to)
    if (receiver === undefined) this.receiverOf(lane.from)?.gone(lane.to)
    else if (entry === 'lost') receiver.gap(lane.from)
    else for (const message of entry) receiver.receive(lane.from, message)
  }
}
