/**
 * The log: where acknowledged fixes live, and where facts are published.
 *
 * An adapter MUST keep, per key, the order of `append` calls; offsets (`at`) MUST rise within a partition and one epoch.
 */

/** The topics of facts: compacted, one partition, whole values. */
export const FACT_TOPICS = ['delivery.order.v1', 'delivery.access.v1'] as const
export type FactTopic = (typeof FACT_TOPICS)[number]

/** The topic of fixes. */
export const LOCATION_TOPIC = 'delivery.location.v1'

/** What is appended. Records of one key share a partition and keep their order. */
export interface Entry {
  key: string
  value: string
  headers: Readonly<Record<string, string>>
}

/** A record as a follower gets it; `key` and `value` may be null when another program wrote it. */
export interface StoredRecord {
  at: number
  key: string | null
  value: string | null
  headers: Readonly<Record<string, string>>
  /** When the log took it, epoch ms. */
  appendedMs: number
}

/** What a follower is told. Calls for one partition never overlap, and none comes for it after `revoked`. */
export interface Follower {
  /** The partition is this follower's from here on; the first batch starts at the offset after the last commit. */
  assigned(partition: number): void
  /** MUST be called in order of `at`, without gaps in what is retained, each record at least once. */
  batch(partition: number, records: readonly StoredRecord[]): Promise<void>
  /** The partition goes away; commits made during this call still count. */
  revoked(partition: number): Promise<void>
}

/** A running follower. */
export interface Following {
  /** Everything up to and including `at` need not come again. MUST be monotonic: a lower `at` is ignored. */
  commit(partition: number, at: number): Promise<void>
  close(): Promise<void>
}

export interface Log {
  /** How many partitions the topic of fixes has; for life. */
  readonly partitions: number
  /** The partition of a key. MUST be the same for ever and on every node. */
  partitionOf(key: string): number
  /**
   * Appends to the topic of fixes. Resolves once every entry is stored so that it survives the end of this process.
   * MUST reject (`ZltError` `log_unavailable` or `disk_full`) when any entry may not be stored; entries of a rejected
   * append may still appear. The entries of one call are contiguous per key.
   */
  append(entries: readonly Entry[]): Promise<void>
  /** Follows the topic of fixes as a member of `group`; members share the partitions. */
  follow(group: string, follower: Follower): Promise<Following>
  /** Publishes a fact; null removes it. Resolves once stored. Later values of a key replace earlier ones. */
  publish(topic: FactTopic, key: string, value: string | null): Promise<void>
  /**
   * Calls `onFact` for every fact there is, then resolves, then goes on with each change in the order published.
   * MUST deliver the newest value of every key at least once; a removed key's null may be left out of the first pass.
   */
  tail(topic: FactTopic, onFact: (key: string, value: string | null) => void): Promise<{ close(): Promise<void> }>
  /** Whether offsets may have been given away twice (the end of the log was lost): then a new epoch is due. */
  mayHaveRewound(): boolean
  /** Whether an append would be acknowledged now; the reason when not. */
  health(): Promise<{ ok: true } | { ok: false; reason: string }>
  /** Waits for what is under way, then releases everything. */
  close(): Promise<void>
}
