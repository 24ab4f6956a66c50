/** Records that the owner gives back to the log: poison set aside, and what lies under a key that is not its order's. */

import type { OnError } from '../errors'

/** More than this waits only while the log takes nothing for minutes: the oldest is given up, and said so. */
const MAX_WAITING = 1_000

interface Waiting {
  /** The first offset it is about. */
  at: number
  store: () => Promise<void>
}

/**
 * Work that has to be in the log before the offsets it came from are committed. What fails is tried again at each
 * `retry`; a crash in between makes it again from the records themselves.
 */
export class Handoff {
  readonly #waiting = new Map<number, Set<Waiting>>()
  readonly #under: Set<Waiting> = new Set()

  constructor(private readonly onError: OnError) {}

  /** Stores what came from `at` on of the partition; never rejects, and nobody waits for it. */
  give(partition: number, at: number, store: () => Promise<void>): void {
    const waiting = this.#waiting.get(partition) ?? new Set()
    this.#waiting.set(partition, waiting)
    const one: Waiting = { at, store }
    waiting.add(one)
    if (waiting.size > MAX_WAITING) this.#giveUpOldest(partition, waiting)
    void this.#try(waiting, one)
  }

  /** Up to here, and no further, the partition may be committed; infinite when nothing waits. */
  floor(partition: number): number {
    let floor = Number.POSITIVE_INFINITY
    for (const { at } of this.#waiting.get(partition) ?? []) floor = Math.min(floor, at - 1)
    return floor
  }

  /** Tries again what has failed. */
  retry(): void {
    for (const waiting of this.#waiting.values()) {
      for (const one of waiting) if (!this.#under.has(one)) void this.#try(waiting, one)
    }
  }

  /** The partition has gone to another owner, who reads the same records again. */
  drop(partition: number): void {
    this.#waiting.delete(partition)
  }

  async #try(waiting: Set<Waiting>, one: Waiting): Promise<void> {
    this.#under.add(one)
    try {
      await one.store()
      waiting.delete(one)
    } catch (error) {
      this.onError(error, { stage: 'handoff' })
    } finally {
      this.#under.delete(one)
    }
  }

  #giveUpOldest(partition: number, waiting: Set<Waiting>): void {
    for (const oldest of waiting) {
      waiting.delete(oldest)
      this.onError(new Error('too much waits for the log: given up'), { stage: 'handoff', partition, at: oldest.at })
      return
    }
  }
}
