/** What the rest of the store, and the auth role, see of the database. */

import type { SQL } from 'bun'

/** What queries are written on: the connection, or the transaction under way. */
export type Tx = SQL

/** The right to be the only one, for as long as the connection lives that it hangs on. */
export interface Lease {
  /**
   * Makes sure that it is ours, so far as that was so a second ago; asks only when that is not known.
   * @throws LeaseLostError
   */
  confirm(): Promise<void>
  /** Resolves when it is known to be lost, and when it is released. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** An open database. Ids are text, times epoch ms in integers, documents JSON in text. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres'
  /**
   * Runs queries that change nothing. @throws ZltError `database_unavailable`
   * MUST NOT be called inside `write`, nor the other way round: both wait for the one SQLite connection.
   */
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Runs `work` as one transaction: all of it is stored and on disk when the promise resolves, or none of it.
   * `work` must await every query it starts.
   * @param options.durable false: a power cut may undo it, for what is found out again at the next start. It saves the
   * wait for the disk, which is most of a small transaction's time
   * @param options.limitMs Postgres: how long the caller waits; what takes longer may be done all the same
   * @throws ZltError `disk_full`, `overloaded` (another process holds the database), `database_unavailable`
   */
  write<T>(work: (tx: Tx) => Promise<T>, options?: { durable?: boolean; limitMs?: number }): Promise<T>
  /**
   * Makes transactions that name a common key run one after the other, until each ends. On SQLite they do anyway.
   * Read what the key guards after this, not before.
   */
  lock(tx: Tx, keys: readonly string[]): Promise<void>
  /**
   * Tries to become the one process that does what `name` names; undefined while another one is. Absent on SQLite:
   * nobody else has the file. @throws what a database that is away throws
   */
  tryLead?(name: string): Promise<Lease | undefined>
  close(): Promise<void>
}
