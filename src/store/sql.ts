/** The database: one set of queries by Bun.SQL, on a SQLite file or on Postgres. Only the auth role opens it. */

import { closeSync, openSync } from 'node:fs'
import { SQL } from 'bun'
import type { Database } from './database'
import { Lane } from './lane'
import { migrate } from './migrations'
import { namedFailure, openPostgres, type PostgresOptions } from './postgres'
import { isBusy, translated } from './storage-errors'

/**
 * Opens the database and brings its schema up to date.
 * @param where a `postgres://` URL, else the path of a SQLite file (as `sqlite:PATH` too), made when it is missing
 * @throws UnreachableError; Error when a newer version of the program has been at work on it
 */
export async function openDatabase(where: string, options: PostgresOptions = {}): Promise<Database> {
  const isPostgres = /^postgres(ql)?:\/\//.test(where)
  const database = isPostgres ? openPostgres(where, options) : await openSqlite(where.replace(/^sqlite:/, ''))
  try {
    // First, since a migration is waited for much longer than a server that is away. A file may be held, and is waited for.
    if (isPostgres) await database.read((tx) => tx`SELECT 1`)
    await migrate(database)
  } catch (error) {
    await database.close()
    throw isPostgres ? namedFailure(error, where) : error
  }
  return database
}

/** How long a transaction tries to begin while another program holds the file, and how often. */
const HELD_MS = 5_000
const HELD_RETRY_MS = 25

async function openSqlite(path: string): Promise<Database> {
  // Password hashes are in it: made before SQLite makes it, so that the journal files get its mode too.
  closeSync(openSync(path, 'a', 0o600))
  const sql = new SQL({ adapter: 'sqlite', filename: path })
  await sql`PRAGMA busy_timeout = 5000`
  await sql`PRAGMA journal_mode = WAL`
  // What was answered as done must outlive a power cut: these writes are few.
  await sql`PRAGMA synchronous = FULL`
  await sql`PRAGMA foreign_keys = ON`
  // From here on we wait ourselves: SQLite would do so on this thread, and nobody else would be served meanwhile.
  await sql`PRAGMA busy_timeout = 0`
  // One connection: a query that ran while a transaction awaits would be part of it, and be rolled back with it.
  const lane = new Lane()
  return {
    dialect: 'sqlite',
    read: (work) => lane.run(() => work(sql)),
    write: (work, { durable = true } = {}) =>
      lane.run(async () => {
        // The next durable transaction takes all before it to the disk with it.
        if (!durable) await sql`PRAGMA synchronous = NORMAL`
        try {
          return await translated(beginWhenFree(sql, work))
        } finally {
          if (!durable) await sql`PRAGMA synchronous = FULL`
        }
      }),
    lock: async () => {},
    close: () => lane.run(() => sql.close()),
  }
}

/** Runs `work` as a transaction that takes the file for itself at its beginning, so that nothing has to be done twice. */
async function beginWhenFree<T>(sql: SQL, work: (tx: SQL) => Promise<T>): Promise<T> {
  const untilMs = performance.now() + HELD_MS
  for (;;) {
    let begun = false
    try {
      return await sql.begin('immediate', (tx) => {
        begun = true
        return work(tx)
      })
    } catch (error) {
      if (begun || !isBusy(error) || performance.now() > untilMs) throw error
      await Bun.sleep(HELD_RETRY_MS)
    }
  }
}
