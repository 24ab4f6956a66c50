/** One follower of the embedded log: hands it batches in order, one at a time, and keeps its commit. */

import type { Database } from 'bun:sqlite'
import type { OnError } from '../../errors'
import type { Follower, StoredRecord } from '../../ports/log'

/** Enough to spread the cost of a batch, little enough to let others run in between. */
const BATCH_RECORDS = 500
/** So long a follower goes through its backlog before others are served. */
const TURN_MS = 10
/** How long to wait before a read that failed is tried again. */
const RETRY_MS = 1_000

export class FollowerLoop {
  #at = 0
  #committed = 0
  /** Between reading something and finding nothing more: then, and only then, an append must wake it. */
  #going = false
  #running: Promise<void> | undefined
  #state: 'waiting' | 'started' | 'closing' | 'closed' = 'waiting'
  readonly #caughtUp = Promise.withResolvers<void>()

  constructor(
    private readonly group: string,
    private readonly follower: Follower,
    private readonly db: Database,
    private readonly read: (at: number, limit: number) => StoredRecord[],
    private readonly onError: OnError,
  ) {}

  /** The last record it has taken. */
  get at(): number {
    return this.#at
  }

  /** Takes the partition, from the record after the group's last commit on. */
  start(): void {
    if (this.#state !== 'waiting') return
    const row = this.db.query('SELECT at FROM commits WHERE follower = ?').get(this.group) as { at: number } | null
    this.#committed = this.#at = row?.at ?? 0
    this.#state = 'started'
    this.follower.assigned(0)
    this.wake()
  }

  /** Resolves when the follower has been handed everything there was, at the latest after `timeoutMs`. */
  async caughtUp(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([this.#caughtUp.promise, promise])
    // A start that fails later must not be kept alive by it.
    clearTimeout(timer)
  }

  /** Something was appended: goes on when it is not already going. */
  wake(): void {
    if (this.#going || this.#state !== 'started') return
    this.#going = true
    this.#running = this.#run().catch((error) => {
      this.#going = false
      this.onError(error, { stage: 'follow', group: this.group, at: this.#at })
      setTimeout(() => this.wake(), RETRY_MS).unref()
    })
  }

  /** How far the record at hand is from `nextAt`, the next to be stored; 0 once nothing more was found. */
  behind(nextAt: number): number {
    // Not by offsets alone: retention may have taken all between the last record handed over and the next one.
    return this.#going ? nextAt - 1 - this.#at : 0
  }

  async #run(): Promise<void> {
    let turnEndMs = performance.now() + TURN_MS
    while (this.#state === 'started') {
      const records = this.read(this.#at, BATCH_RECORDS)
      const last = records.at(-1)
      if (last === undefined) break
      try {
        await this.follower.batch(0, records)
      } catch (error) {
        // The follower's own failures are its own to handle; a batch that throws is given up, not repeated for ever.
        this.onError(error, { stage: 'follow', group: this.group, at: last.at })
      }
      this.#at = last.at
      // A follower that waits for nothing would otherwise go through its whole backlog before anybody else is served.
      if (performance.now() > turnEndMs) {
        await new Promise((resolve) => setImmediate(resolve))
        turnEndMs = performance.now() + TURN_MS
      }
    }
    // In one step with the read that found nothing: what is appended from here on wakes it again.
    this.#going = false
    this.#caughtUp.resolve()
  }

  commit(at: number): void {
    if (at <= this.#committed || this.#state === 'waiting' || this.#state === 'closed') return
    this.db.run('INSERT OR REPLACE INTO commits (follower, at) VALUES (?, ?)', [this.group, at])
    // Only now: one that could not be stored must count when it is tried again.
    this.#committed = at
  }

  /** Gives the partition up, after the batch under way. */
  async close(): Promise<void> {
    const had = this.#state
    if (had === 'closing' || had === 'closed') return
    this.#state = 'closing'
    try {
      await this.#running
      if (had === 'started') await this.follower.revoked(0)
    } finally {
      this.#state = 'closed'
    }
  }
}
