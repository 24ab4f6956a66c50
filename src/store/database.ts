/** What the rest of the store, and the auth role, see of the database. */

import type { SQL } from 'bun'

/** What queries are written on: the connection, or the transaction under way. */
export type Tx = SQL

/** An open database. Ids are text, times epoch ms in integers, documents JSON in text. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres'
  /**
   * Runs queries that change nothing.
   * MUST NOT be called inside `write`, nor the other way round: both wait for the one SQLite connection.
   */
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Runs `work` as one transaction: all of it is stored and on disk when the promise resolves, or none of it.
   * `work` must await every query it starts.
   * @param options.durable false: a power cut may undo it, for what is found out again at the next start. It saves the
   * wait for the disk, which is most of a small transaction's time
   * @throws ZltError `disk_full`, `overloaded` (another process holds the database)
   */
  write<T>(work: (tx: Tx) => Promise<T>, options?: { durable?: boolean }): Promise<T>
  /**
   * Makes transactions that name a common key run one after the other, until each ends. On SQLite they do anyway.
   * Read what the key guards after this, not before.
   */
  lock(tx: Tx, keys: readonly string[]): Promise<void>
  close(): Promise<void>
}
