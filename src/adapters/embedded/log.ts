/** The log on one machine: SQLite, one partition, group commit. */

import type { Database, SQLQueryBindings } from 'bun:sqlite'
import { type OnError, ZltError } from '../../errors'
import type { Entry, FactTopic, Follower, Following, Log, Rejected, StoredRecord } from '../../ports/log'
import { type BulkInsert, bulkInsert } from './bulk-insert'
import { FactStore } from './facts'
import { failureOf } from './failure'
import { FollowerLoop } from './follower-loop'
import type { LogFile } from './log-file'
import { storeRejected } from './rejected'
import { startRetention } from './retention'

/** A transaction takes whole requests and closes at so many rows … */
const GROUP_ROWS = 100
/** … or so long after the last one, whichever is first: an idle log commits at once, a busy one 500 times a second. */
const GROUP_WAIT_MS = 2
/** What health tries to store when there was no room: about a group, so that it is not well until an append would be. */
const PROBE_BYTES = 64 * 1024
/** How long a new follower may take for what is in the log already; a usual crash leaves it a tenth of a second's work. */
const CATCH_UP_MS = 3_000
/** Records kept in memory for followers that are a little behind; those further behind read the file. */
const RECENT_RECORDS = 8_192

/**
 * With a follower further behind than this, appends are refused: what nobody can be shown in time need not be stored now.
 * A follower that keeps up is behind by a group or two; this is about half a second of its work.
 */
const MAX_BEHIND = 20_000

interface Waiting {
  entries: readonly Entry[]
  resolve(): void
  reject(error: ZltError): void
}

export class EmbeddedLog implements Log {
  readonly partitions = 1
  readonly #db: Database
  readonly #file: LogFile
  readonly #onError: OnError
  readonly #facts: FactStore
  /** Members by group, in the order they came; the first has the partition. */
  readonly #groups = new Map<string, FollowerLoop[]>()
  readonly #stopRetention: () => void
  readonly #insert: BulkInsert
  #waiting: Waiting[] = []
  #waitingRows = 0
  #timer: Timer | undefined
  #immediate: NodeJS.Immediate | undefined
  #lastCommitMs = 0
  #nextAt: number
  #recent: StoredRecord[] = []
  #failure: ZltError | undefined
  #closed = false

  constructor(file: LogFile, options: { retentionMs: number; onError: OnError }) {
    this.#file = file
    this.#db = file.db
    this.#onError = options.onError
    this.#facts = new FactStore(file.db, options.onError)
    this.#insert = bulkInsert(this.#db, 'INSERT INTO log (at, key, value, headers, appended_ms)', 5)
    const last = this.#db.query("SELECT seq FROM sqlite_sequence WHERE name = 'log'").get() as { seq: number } | null
    this.#nextAt = (last?.seq ?? 0) + 1
    this.#stopRetention = startRetention(this.#db, options.retentionMs, options.onError)
  }

  partitionOf(_key: string): number {
    return 0
  }

  append(entries: readonly Entry[]): Promise<void> {
    if (this.#closed) return Promise.reject(new ZltError('log_unavailable', 'the log is closed'))
    if (this.#isFollowerFarBehind()) {
      const detail = 'fixes come in faster than they can be shown; send this again in a moment'
      return Promise.reject(new ZltError('overloaded', detail, { retryAfterMs: 1_000 }))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject })
      this.#waitingRows += entries.length
      this.#schedule()
    })
  }

  #isFollowerFarBehind(): boolean {
    for (const [first] of this.#groups.values()) {
      if (first !== undefined && first.behind(this.#nextAt) > MAX_BEHIND) return true
    }
    return false
  }

  #schedule(): void {
    if (this.#waitingRows >= GROUP_ROWS) {
      this.#commitWaiting()
      return
    }
    if (this.#timer !== undefined || this.#immediate !== undefined) return
    const idleMs = performance.now() - this.#lastCommitMs
    if (idleMs >= GROUP_WAIT_MS) this.#immediate = setImmediate(() => this.#commitWaiting())
    else this.#timer = setTimeout(() => this.#commitWaiting(), GROUP_WAIT_MS - idleMs)
  }

  #commitWaiting(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
    if (this.#waiting.length === 0) return
    const group = this.#waiting
    this.#waiting = []
    this.#waitingRows = 0
    const records = this.#recordsOf(group)
    try {
      this.#store(records)
    } catch (cause) {
      this.#failure = failureOf(cause)
      for (const { reject } of group) reject(this.#failure)
      return
    } finally {
      this.#lastCommitMs = performance.now()
    }
    this.#failure = undefined
    this.#nextAt += records.length
    this.#remember(records)
    for (const { resolve } of group) resolve()
    for (const [first] of this.#groups.values()) first?.wake()
  }

  #recordsOf(group: readonly Waiting[]): StoredRecord[] {
    const records: StoredRecord[] = []
    const appendedMs = Date.now()
    let at = this.#nextAt
    for (const { entries } of group) {
      for (const { key, value, headers } of entries) records.push({ at: at++, key, value, headers, appendedMs })
    }
    return records
  }

  #store(records: readonly StoredRecord[]): void {
    const values: SQLQueryBindings[] = []
    for (const { at, key, value, headers, appendedMs } of records) {
      values.push(at, key, value, encodeHeaders(headers), appendedMs)
    }
    this.#db.run('BEGIN IMMEDIATE')
    try {
      this.#insert(values)
      this.#db.run('COMMIT')
    } catch (error) {
      if (this.#db.inTransaction) this.#db.run('ROLLBACK')
      throw error
    }
  }

  /** Keeps what some follower has not taken yet, and no more: what lives long is what the collector has to walk. */
  #remember(records: StoredRecord[]): void {
    if (this.#groups.size === 0) {
      this.#recent = []
      return
    }
    const last = this.#recent.at(-1)
    let slowest = Number.POSITIVE_INFINITY
    for (const [first] of this.#groups.values()) if (first !== undefined) slowest = Math.min(slowest, first.at)
    if (last === undefined || slowest >= last.at) {
      this.#recent = records
      return
    }
    for (const record of records) this.#recent.push(record)
    if (this.#recent.length > 2 * RECENT_RECORDS) this.#recent = this.#recent.slice(-RECENT_RECORDS)
  }

  /** Records after `at` from memory when they are there, else from the file. */
  readonly #read = (at: number, limit: number): StoredRecord[] => {
    const from = at + 1
    if (from >= this.#nextAt) return []
    const first = this.#recent[0]
    if (first !== undefined && from >= first.at) return this.#recent.slice(from - first.at, from - first.at + limit)
    const rows = this.#db.query('SELECT * FROM log WHERE at > ? ORDER BY at LIMIT ?').all(at, limit) as LogRow[]
    return rows.map(({ appended_ms, headers, ...rest }) => ({
      ...rest,
      headers: JSON.parse(headers),
      appendedMs: appended_ms,
    }))
  }

  async follow(group: string, follower: Follower): Promise<Following> {
    const loop = new FollowerLoop(group, follower, this.#db, this.#read, this.#onError)
    const members = this.#groups.get(group) ?? []
    this.#groups.set(group, members)
    members.push(loop)
    if (members[0] === loop) {
      loop.start()
      await loop.caughtUp(CATCH_UP_MS)
    }
    return {
      // The only process there is: nobody else could be dead.
      evict: async () => {},
      commit: async (_partition, at) => {
        try {
          loop.commit(at)
        } catch (cause) {
          throw failureOf(cause)
        }
      },
      close: () => this.#leave(group, loop),
    }
  }

  async #leave(group: string, loop: FollowerLoop): Promise<void> {
    try {
      await loop.close()
    } finally {
      const members = this.#groups.get(group)?.filter((member) => member !== loop) ?? []
      if (members.length === 0) this.#groups.delete(group)
      else this.#groups.set(group, members)
      if (!this.#closed) members[0]?.start()
    }
  }

  async reject(rejected: readonly Rejected[]): Promise<void> {
    try {
      storeRejected(this.#db, rejected)
    } catch (cause) {
      throw failureOf(cause)
    }
  }

  async publish(topic: FactTopic, key: string, value: string | null): Promise<void> {
    try {
      this.#facts.publish(topic, key, value)
    } catch (cause) {
      throw failureOf(cause)
    }
  }

  async tail(
    topic: FactTopic,
    onFact: (key: string, value: string | null) => void,
  ): Promise<{ close(): Promise<void> }> {
    return this.#facts.tail(topic, onFact)
  }

  /** Facts are told as they are stored. */
  factsBehindMs(): number {
    return 0
  }

  mayHaveRewound(): boolean {
    return this.#file.mayHaveRewound
  }

  async health(): Promise<{ ok: true } | { ok: false; reason: string }> {
    if (this.#closed) return { ok: false, reason: 'the log is closed' }
    const failure = this.#failure
    if (failure === undefined) return { ok: true }
    // Nothing may be sent any more by callers who look at readiness first: try whether there is room again.
    try {
      this.#db.run("INSERT OR REPLACE INTO state VALUES ('probe', ?)", ['-'.repeat(PROBE_BYTES)])
      this.#db.run("DELETE FROM state WHERE name = 'probe'")
      this.#failure = undefined
      return { ok: true }
    } catch {
      return { ok: false, reason: failure.message }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#commitWaiting()
    this.#closed = true
    this.#stopRetention()
    for (const [group, members] of this.#groups) {
      for (const loop of members) {
        await this.#leave(group, loop).catch((error) => this.#onError(error, { stage: 'close', group }))
      }
    }
    this.#facts.close()
  }
}

interface LogRow {
  at: number
  key: string | null
  value: string | null
  headers: string
  appended_ms: number
}

/** Nearly all records carry the same headers object: encode it once. */
let lastHeaders: Readonly<Record<string, string>> | undefined
let lastEncoded = '{}'
function encodeHeaders(headers: Readonly<Record<string, string>>): string {
  if (headers !== lastHeaders) {
    lastHeaders = headers
    lastEncoded = JSON.stringify(headers)
  }
  return lastEncoded
}
