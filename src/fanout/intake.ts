/** What an owner takes in of a batch: it reads the records, and gives back to the log what it cannot use. */

import type { OnError } from '../errors'
import type { Metrics } from '../metrics'
import type { Log, Rejected, StoredRecord } from '../ports/log'
import { Handoff } from './handoff'
import { sortOut } from './misplaced'
import type { Partition, ReadRecord } from './partition'

export class Intake {
  readonly #handoff: Handoff
  /** What the batch at hand held that cannot be read. */
  #poison: Rejected[] = []

  constructor(private readonly deps: { log: Log; metrics: Metrics; onError: OnError }) {
    this.#handoff = new Handoff(deps.onError)
  }

  /** Reads a batch. Poison is set aside and misplaced records are appended anew; nothing waits for either. */
  read(partition: number, owned: Partition, stored: readonly StoredRecord[]): ReadRecord[] {
    const { log, metrics, onError } = this.deps
    const { own, misplaced } = sortOut(stored, partition, (key) => log.partitionOf(key))
    const records = owned.read(own)
    const poison = this.#poison
    this.#poison = []
    const firstAt = stored[0]?.at ?? 0
    if (misplaced.length > 0) {
      metrics.count('zlt_records_moved_total', misplaced.length)
      this.#handoff.give(partition, firstAt, () => log.append(misplaced))
    }
    if (poison.length > 0) {
      onError(new Error(`${poison.length} records cannot be read`), { stage: 'poison', partition, at: firstAt })
      this.#handoff.give(partition, firstAt, () => log.reject(poison))
    }
    return records
  }

  /** The partition found a record that cannot be read, while `read` was under way. */
  foundPoison(partition: number, record: StoredRecord, reason: string): void {
    this.deps.metrics.count('zlt_records_poisoned_total', 1, reason)
    this.#poison.push({ partition, record, reason })
  }

  /** How far the partition may be committed: not past what the log still has to take. */
  committable(partition: number, at: number): number {
    return Math.min(at, this.#handoff.floor(partition))
  }

  /** Tries again what the log would not take. */
  retry(): void {
    this.#handoff.retry()
  }

  /** The partition has gone to another owner. */
  drop(partition: number): void {
    this.#handoff.drop(partition)
  }
}
