/** Publishes rows whose `rev` is above their `published_rev`: one send at a time, for a row in the order of its revs. */

import type { OnError } from '../errors'
import type { Log } from '../ports/log'
import type { Database } from '../store/database'
import { factOf, type OutboxRow } from '../store/orders'
import { markPublished, publishedRev, unpublishedRows } from '../store/outbox'

const BATCH_ROWS = 100
const FIRST_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 5_000

interface Waiter {
  rev: number
  resolve: (published: boolean) => void
}

export class Publisher {
  readonly #store: Database
  readonly #log: Pick<Log, 'publish'>
  readonly #onError: OnError
  readonly #waiters = new Map<string, Set<Waiter>>()
  /** What is published and not yet noted in the row: not sent twice, and nobody waits for it. */
  readonly #unnoted = new Map<string, number>()
  #running: Promise<void> | undefined
  #again = false
  #closed = false
  #wakeFromBackoff = () => {}

  constructor(store: Database, log: Pick<Log, 'publish'>, onError: OnError) {
    this.#store = store
    this.#log = log
    this.#onError = onError
  }

  /** Says that there is something to publish. Never fails: what does is told to `onError` and tried again. */
  kick(): void {
    this.#again = true
    if (!this.#closed) this.#running ??= this.#run()
  }

  /** Publishes all there is. @throws what the log or the database throws; nothing is lost by it */
  async drain(): Promise<void> {
    while (await this.#publishSome());
  }

  /**
   * Waits until the value `rev` of an order, or a later one, is published.
   * False after `timeoutMs`: it will be published still, as soon as the log takes it.
   */
  async published(id: string, rev: number, timeoutMs: number): Promise<boolean> {
    if ((this.#unnoted.get(id) ?? 0) >= rev) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiter: Waiter = { rev, resolve }
    this.#waiters.set(id, (this.#waiters.get(id) ?? new Set()).add(waiter))
    const timer = setTimeout(resolve, timeoutMs, false)
    // It may have been noted before this waiter was there.
    this.#store
      .read((tx) => publishedRev(tx, id))
      .then((noted) => {
        // No row: a tombstone goes with its publication.
        if (noted === undefined || noted >= rev) resolve(true)
      })
      .catch((error) => this.#onError(error, { stage: 'relay.published', order_id: id }))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#forgetWaiter(id, waiter)
    }
  }

  /** Waits for the send under way, starts no other, and tells who waits that it is not published. */
  async close(): Promise<void> {
    this.#closed = true
    this.#wakeFromBackoff()
    await this.#running
    for (const waiters of this.#waiters.values()) for (const { resolve } of waiters) resolve(false)
  }

  async #run(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        await this.drain()
        backoffMs = FIRST_BACKOFF_MS
      } catch (error) {
        this.#onError(error, { stage: 'relay.publish' })
        this.#again = true
        await this.#sleep(backoffMs)
        backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)
      }
    }
    this.#running = undefined
  }

  /** @returns whether there may be more */
  async #publishSome(): Promise<boolean> {
    const rows = await this.#store.read((tx) => unpublishedRows(tx, BATCH_ROWS))
    const done: OutboxRow[] = []
    try {
      for (const row of rows) {
        if (this.#closed) break
        await this.#publishRow(row)
        if (row.order !== null) done.push(row)
      }
    } finally {
      if (done.length > 0) await this.#note(done)
    }
    // The stub of a forgotten order is due once its null is noted.
    return rows.length === BATCH_ROWS || (!this.#closed && rows.some(({ order }) => order === null))
  }

  async #publishRow(row: OutboxRow): Promise<void> {
    if ((this.#unnoted.get(row.id) ?? 0) >= row.rev) return
    await this.#log.publish('delivery.order.v1', row.id, factOf(row))
    // A tombstone goes before anybody hears of it: who was told that its order is forgotten may use the id again.
    if (row.order === null) await this.#note([row])
    else this.#unnoted.set(row.id, row.rev)
    for (const waiter of this.#waiters.get(row.id) ?? []) if (waiter.rev <= row.rev) waiter.resolve(true)
  }

  async #note(rows: readonly OutboxRow[]): Promise<void> {
    const revs = new Map(rows.map(({ id, rev }) => [id, rev]))
    // A note that a power cut undoes is made again when the next start compares rows and topic.
    await this.#store.write((tx) => markPublished(tx, revs), { durable: false })
    for (const { id, rev } of rows) if (this.#unnoted.get(id) === rev) this.#unnoted.delete(id)
  }

  #forgetWaiter(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiters.delete(id)
  }

  #sleep(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#wakeFromBackoff = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#closed) this.#wakeFromBackoff()
    })
  }
}
