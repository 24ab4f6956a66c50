/** A follower that writes down all it is told, and every promise of the port that was broken to it. */

import type { Follower, Following, Log, StoredRecord } from '../../src/ports/log.ts'
import { until } from '../support/until.ts'

export interface Hooks {
  /** Runs within the batch. */
  onBatch?(partition: number, records: readonly StoredRecord[]): void | Promise<void>
  /** Runs within `revoked`. */
  onRevoked?(partition: number): void | Promise<void>
}

export class Recorder implements Follower {
  readonly records: { partition: number; record: StoredRecord }[] = []
  readonly owned = new Set<number>()
  readonly faults: string[] = []
  readonly #running = new Set<number>()

  constructor(private readonly hooks: Hooks = {}) {}

  assigned(partition: number): void {
    if (this.owned.has(partition)) this.faults.push(`partition ${partition} assigned twice`)
    this.owned.add(partition)
  }

  async batch(partition: number, records: readonly StoredRecord[]): Promise<void> {
    if (!this.owned.has(partition)) this.faults.push(`a batch of partition ${partition}, which is not assigned`)
    if (this.#running.has(partition)) this.faults.push(`overlapping batches of partition ${partition}`)
    if (records.length === 0) this.faults.push('an empty batch')
    this.#running.add(partition)
    for (const record of records) this.records.push({ partition, record })
    try {
      // Long enough for an overlapping one to come in.
      await new Promise((resolve) => setImmediate(resolve))
      await this.hooks.onBatch?.(partition, records)
    } finally {
      this.#running.delete(partition)
    }
  }

  async revoked(partition: number): Promise<void> {
    if (this.#running.has(partition)) this.faults.push(`partition ${partition} revoked during its batch`)
    if (!this.owned.delete(partition)) this.faults.push(`partition ${partition} revoked, but not assigned`)
    await this.hooks.onRevoked?.(partition)
  }

  /** Values of `key` in the order they came. */
  valuesOf(key: string): (string | null)[] {
    return this.records.filter(({ record }) => record.key === key).map(({ record }) => record.value)
  }

  recordsOf(key: string): StoredRecord[] {
    return this.records.filter(({ record }) => record.key === key).map(({ record }) => record)
  }

  /** Waits until `count` records of `key` have come. @returns their values */
  async waitFor(key: string, count: number, deadlineMs?: number): Promise<(string | null)[]> {
    const what = `${count} records of ${key}`
    await until(() => this.valuesOf(key).length >= count, what, deadlineMs)
    return this.valuesOf(key)
  }
}

let serial = 0

/** A key (or group) that no other case uses: a real cluster may hold what others left. */
export function fresh(prefix: string): string {
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${++serial}`
}

/** An entry of ours. */
export function entry(key: string, value: string): { key: string; value: string; headers: Record<string, string> } {
  return { key, value, headers: { zlt: '1' } }
}

/** `count` values in their order. */
export function numbered(count: number, prefix = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`)
}

/** Follows in a group of its own from the oldest record on. */
export async function follow(log: Log, hooks: Hooks = {}, group = fresh('group')) {
  const recorder = new Recorder(hooks)
  const following: Following = await log.follow(group, recorder)
  return { recorder, following, group }
}
