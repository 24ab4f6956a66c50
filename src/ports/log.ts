/**
 * The log: where acknowledged fixes live, and where facts are published.
 *
 * An adapter MUST keep, per key, the order of `append` calls; offsets (`at`, 0 or more) MUST rise within a partition and
 * one epoch. Keys, values and headers MUST come back as they were given, whatever well-formed Unicode they hold.
 * `tests/contract/log.contract.ts` is these MUSTs as tests; every adapter passes it.
 */

/** The topics of facts: compacted, one partition, whole values. */
export const FACT_TOPICS = ['delivery.order.v1', 'delivery.access.v1'] as const
export type FactTopic = (typeof FACT_TOPICS)[number]

/** The topic of fixes. */
export const LOCATION_TOPIC = 'delivery.location.v1'

/**
 * What is appended. Records of one key share a partition and keep their order.
 *
 * The log keeps a reference until the append has settled: what is in it MUST NOT be changed.
 */
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

/**
 * What a follower is told. Calls for one partition MUST NOT overlap, and none may come for it after `revoked`. The first
 * ones may come before `follow` has resolved.
 */
export interface Follower {
  /** The partition is this follower's from here on; the first batch starts at the offset after the group's last commit. */
  assigned(partition: number): void
  /**
   * MUST be called in order of `at`, without gaps in what is retained, each record at least once. Records appended while
   * it runs come in a later batch. A batch that rejects is reported and given up: the next ones come all the same.
   */
  batch(partition: number, records: readonly StoredRecord[]): Promise<void>
  /**
   * Any partition may go to another member in a moment, and most will stay: what is committed until this resolves need not
   * come again, there or here. MUST NOT take longer than 2 s; it is not waited for any longer. No batch runs meanwhile.
   */
  unsettled?(): Promise<void>
  /**
   * The partition goes away; called after its last batch has settled. Commits made during this call still count, but the
   * next member may have begun before them.
   */
  revoked(partition: number): Promise<void>
}

/** A record that cannot be read, where it lies, and why. */
export interface Rejected {
  partition: number
  record: StoredRecord
  reason: string
}

/** A running follower. */
export interface Following {
  /**
   * Everything up to and including `at` need not come again. MUST be monotonic: a lower `at` than committed before, or
   * one for a partition that is no longer this follower's, is ignored. Rejects with `ZltError` when it could not be
   * stored; then it did not happen, and may be tried again.
   */
  commit(partition: number, at: number): Promise<void>
  /**
   * Puts a member of the group out of it whose process is known to be dead, so that others get its partitions at once.
   * `node` is the member's `Mail.self`. MUST do nothing for a node that is no member, and never fail for good: a member
   * that is not put out leaves by itself in time.
   */
  evict(node: string): Promise<void>
  /** Waits for the batch under way, calls `revoked` for each partition, and leaves the group. MUST NOT be awaited in `batch`. */
  close(): Promise<void>
}

export interface Log {
  /** How many partitions the topic of fixes has; for life. */
  readonly partitions: number
  /** The partition of a key. MUST be the same for ever and on every node. */
  partitionOf(key: string): number
  /**
   * Appends to the topic of fixes. Resolves once every entry is stored so that it survives the end of this process.
   * MUST reject (`ZltError` `log_unavailable`, `disk_full`, `overloaded`, or `body_too_large` for an entry that is never
   * taken) when any entry may not be stored; entries of
   * a rejected append may still appear. No entry of another call comes between two of one call with the same key. An
   * empty append resolves and stores nothing.
   */
  append(entries: readonly Entry[]): Promise<void>
  /**
   * Follows the topic of fixes as a member of `group`. Each partition has exactly one member of the group at a time; when
   * that one leaves, another gets it. A group that has never committed starts at the oldest record there is.
   *
   * It SHOULD resolve only when what was in the log has been handed over, within a few seconds: who is served before would
   * be told again what was told before the restart.
   */
  follow(group: string, follower: Follower): Promise<Following>
  /**
   * Keeps records that cannot be read apart, with the reason, for people to look at. Followers never see them. Resolves
   * once they are stored; their offsets move on all the same.
   */
  reject(rejected: readonly Rejected[]): Promise<void>
  /**
   * Publishes a fact; null removes it. Resolves once stored, and rejects with `ZltError` when it may not be. Later values
   * of a key replace earlier ones. What a tail's `onFact` throws is never the publisher's.
   */
  publish(topic: FactTopic, key: string, value: string | null): Promise<void>
  /**
   * Calls `onFact` for every fact there is, then resolves, then goes on with each change in the order published, until
   * closed. MUST deliver the newest value of every key at least once, and it last; a removed key's null may be left out
   * of the first pass. An `onFact` that throws is reported and missed by nobody else.
   */
  tail(topic: FactTopic, onFact: (key: string, value: string | null) => void): Promise<{ close(): Promise<void> }>
  /**
   * Whether offsets may have been given away twice (the end of the log was lost): then a new epoch is due. MUST stay true
   * for starts that follow a start which may have ended before it acted on it.
   */
  mayHaveRewound(): boolean
  /** For how long a tail has been behind what is published, ms; 0 while all are level with it, as far as is known. */
  factsBehindMs(): number
  /** Whether an append would be acknowledged now; the reason when not. */
  health(): Promise<{ ok: true } | { ok: false; reason: string }>
  /** Waits for what is under way, closes all followers and tails, then releases everything. Appends after it reject. */
  close(): Promise<void>
}
