/** Where each partition ends, where its consumer stands, and whether it has come to where the partition ended at first. */

import type { Generation } from './live-consumer'
import { committedOffsets, endOffsets, oldestOffsets } from './offsets'

export class ConsumerLevels {
  #partitions: readonly number[] = []
  readonly #ends = new Map<number, number>()
  readonly #positions = new Map<number, number>()
  /** Where the partitions ended when they were first assigned. */
  #targets: Map<number, number> | undefined
  readonly #caughtUp = Promise.withResolvers<void>()

  constructor(
    private readonly topic: string,
    private readonly group: string,
  ) {}

  /** Resolves once every partition that is still wanted has come to where it ended at first. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise
  }

  /** Names the partitions that count from here on. */
  want(partitions: Iterable<number>): void {
    this.#partitions = [...partitions]
    this.#check()
  }

  /** The next offset to be written. */
  ends(partition: number, offset: number): void {
    this.#ends.set(partition, offset)
  }

  /** The next offset to be taken. */
  reached(partition: number, offset: number): void {
    this.#positions.set(partition, offset)
    this.#check()
  }

  forget(partition: number): void {
    this.#ends.delete(partition)
    this.#positions.delete(partition)
  }

  /** What waits for `caughtUp` need not wait any longer. */
  stop(): void {
    this.#caughtUp.resolve()
  }

  /** How far each partition's consumer is behind, in offsets; partitions of which it is not known are left out. */
  lag(): Record<string, number> {
    const lag: Record<string, number> = {}
    for (const [partition, position] of this.#positions) {
      const end = this.#ends.get(partition)
      if (end !== undefined) lag[partition] = Math.max(0, end - position)
    }
    return lag
  }

  /** Asks where the group goes on; `next` is the offset after what was handed over already. Never rejects. */
  async readPositions(generation: Generation, next: (partition: number) => number | undefined): Promise<void> {
    const partitions = this.#partitions
    try {
      const [oldest, committed] = await Promise.all([
        oldestOffsets(generation.cluster, this.topic, partitions),
        generation.coordinator().then((of) => committedOffsets(of, this.group, this.topic, partitions)),
      ])
      for (const partition of partitions) {
        const start = Math.max(oldest.get(partition) ?? 0, committed.get(partition) ?? 0)
        const reached = this.#positions.get(partition) ?? 0
        this.#positions.set(partition, Math.max(start, next(partition) ?? 0, reached))
      }
    } catch {
      // The positions come with the batches.
    }
  }

  /** Asks where the partitions end: a consumer that gets nothing would not know how far it is behind. Never rejects. */
  async readEnds(generation: Generation): Promise<void> {
    try {
      const ends = await endOffsets(generation.cluster, this.topic, this.#partitions)
      for (const [partition, end] of ends) this.#ends.set(partition, end)
      this.#targets ??= ends
      this.#check()
    } catch {
      // Asked again in a moment.
    }
  }

  #check(): void {
    if (this.#targets === undefined) return
    for (const partition of this.#partitions) {
      if ((this.#positions.get(partition) ?? -1) < (this.#targets.get(partition) ?? -1)) return
    }
    this.#caughtUp.resolve()
  }
}
