/** What comes in from other nodes: repetitions are dropped, losses are told, the rest is delivered by sender. */

import type { Message } from '../../ports/mail'
import type { Body } from './mail-body'

export interface ArrivalsDeps {
  receive(from: string, messages: readonly Message[]): void
  gap(from: string): void
}

export class Arrivals {
  /** The number taken last, of each sender. */
  readonly #last = new Map<string, { series: number; number: number }>()

  constructor(private readonly deps: ArrivalsDeps) {}

  /** Delivers the bodies of one reply: each sender's in their order, a gap where one is missing. */
  take(bodies: readonly Body[]): void {
    const gathered = new Map<string, Message[]>()
    for (const { from, series, number, messages } of bodies) {
      const isNext = this.#isNext(from, series, number)
      if (isNext === undefined) continue
      if (!isNext) {
        this.#deliver(from, gathered)
        this.deps.gap(from)
      }
      const waiting = gathered.get(from)
      if (waiting === undefined) gathered.set(from, messages)
      else for (const message of messages) waiting.push(message)
    }
    for (const from of [...gathered.keys()]) this.#deliver(from, gathered)
  }

  /** The sender is dead. Should it come back after all, its first entry is a gap. */
  forget(sender: string): void {
    this.#last.delete(sender)
  }

  /** False when something is missing before it, undefined when it was taken already. */
  #isNext(from: string, series: number, number: number): boolean | undefined {
    const last = this.#last.get(from)
    if (last !== undefined && (series < last.series || (series === last.series && number <= last.number))) {
      return undefined
    }
    this.#last.set(from, { series, number })
    return last === undefined ? number === 1 : series === last.series && number === last.number + 1
  }

  #deliver(from: string, gathered: Map<string, Message[]>): void {
    const messages = gathered.get(from)
    gathered.delete(from)
    if (messages !== undefined && messages.length > 0) this.deps.receive(from, messages)
  }
}
