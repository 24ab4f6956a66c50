/** One follower of the embedded log: hands it batches in order, one at a time, and keeps its commit. */

import type { Database } from 'bun:sqlite'
import type { OnError } from '../../errors'
import type { Follower, StoredRecord } from '../../ports/log'

/** Enough to spread the cost of a batch, little enough to let others run in between. */
const BATCH_RECORDS = 500

export class FollowerLoop {
  #at: number
  #committed: number
  #running: Promise<void> | undefined
  #closed = false

  constructor(
    private readonly group: string,
    private readonly follower: Follower,
    private readonly db: Database,
    private readonly read: (at: number, limit: number) => StoredRecord[],
    private readonly onError: OnError,
  ) {
    const row = db.query('SELECT at FROM commits WHERE follower = ?').get(group) as { at: number } | null
    this.#committed = this.#at = row?.at ?? 0
  }

  /** The last record it has taken. */
  get at(): number {
    return this.#at
  }

  start(): void {
    this.follower.assigned(0)
    this.wake()
  }

  /** Something was appended: goes on when it is not already going. */
  wake(): void {
    if (this.#running !== undefined || this.#closed) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const records = this.read(this.#at, BATCH_RECORDS)
      const last = records.at(-1)
      if (last === undefined) return
      try {
        await this.follower.batch(0, records)
      } catch (error) {
        // The follower's own failures are its own to handle; a batch that throws is given up, not repeated for ever.
        this.onError(error, { stage: 'follow', group: this.group, at: last.at })
      }
      this.#at = last.at
    }
  }

  commit(at: number): void {
    if (at <= this.#committed) return
    this.#committed = at
    this.db.run('INSERT OR REPLACE INTO commits (follower, at) VALUES (?, ?)', [this.group, at])
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#running
    await this.follower.revoked(0)
  }
}
