/** The schema, as the steps that lead to it. A step that was ever released is never edited: add one. */

import type { Database, Tx } from './database'

/** Step n brings version n − 1 to n. Each statement runs on SQLite and on Postgres alike. */
const STEPS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE users (
      id TEXT PRIMARY KEY,
      username TEXT NOT NULL,
      username_key TEXT NOT NULL UNIQUE,
      role TEXT NOT NULL,
      password_hash TEXT,
      disabled INTEGER NOT NULL DEFAULT 0,
      created_at_ms BIGINT NOT NULL
    )`,
    'CREATE INDEX users_by_age ON users (created_at_ms, id)',
    // `doc` is null in the tombstone of a forgotten order, which lives until its null is published.
    `CREATE TABLE orders (
      id TEXT PRIMARY KEY,
      rev BIGINT NOT NULL,
      published_rev BIGINT NOT NULL DEFAULT 0,
      fact TEXT NOT NULL CHECK (fact IN ('live', 'stub', 'removed')),
      status TEXT NOT NULL,
      partner_id TEXT,
      customer_id TEXT,
      created_at_ms BIGINT NOT NULL,
      ended_at_ms BIGINT,
      doc TEXT
    )`,
    'CREATE INDEX orders_by_age ON orders (created_at_ms, id)',
    'CREATE INDEX orders_by_customer ON orders (customer_id, created_at_ms, id)',
    'CREATE INDEX orders_by_partner ON orders (partner_id, created_at_ms, id)',
    `CREATE INDEX orders_in_hand ON orders (partner_id) WHERE status IN ('assigned', 'picked_up')`,
    'CREATE INDEX orders_unpublished ON orders (rev) WHERE rev > published_rev',
    'CREATE INDEX orders_ending ON orders (fact, ended_at_ms) WHERE ended_at_ms IS NOT NULL',
    `CREATE TABLE idempotency_keys (
      caller TEXT NOT NULL,
      idempotency_key TEXT NOT NULL,
      request_hash TEXT NOT NULL,
      order_id TEXT,
      answer TEXT,
      created_at_ms BIGINT NOT NULL,
      PRIMARY KEY (caller, idempotency_key)
    )`,
    'CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms)',
    'CREATE INDEX idempotency_keys_by_order ON idempotency_keys (order_id)',
  ],
]

/** The schema this program is written for. */
export const SCHEMA_VERSION = STEPS.length

/** How long a start waits for another one that is at it. */
const WAIT_MS = 60_000

/**
 * Brings the schema up to date, in one transaction: two processes that start together run each step once.
 * @param waitMs how long Postgres lets it wait for another process that is at it
 * @throws Error when the schema is newer than this program: it may hold what this one would destroy
 * @throws ZltError `overloaded` when another process has been at it for a minute, or holds the SQLite file
 */
export async function migrate(database: Database, waitMs = WAIT_MS): Promise<void> {
  await database.write(
    async (tx) => {
      // Longer than any step may take, and shorter than for ever: the other process may be frozen.
      if (database.dialect === 'postgres') await tx.unsafe(`SET LOCAL lock_timeout = ${waitMs}`)
      await database.lock(tx, ['schema'])
      await tx`CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)`
      const version = await readVersion(tx)
      if (version > SCHEMA_VERSION) {
        throw new Error(
          `the database has schema ${version} and this version of zlt knows up to ${SCHEMA_VERSION}: ` +
            'start the newer zlt again, or restore the backup made before it',
        )
      }
      if (version === SCHEMA_VERSION) return
      for (const statement of STEPS.slice(version).flat()) await tx.unsafe(statement)
      await tx`DELETE FROM schema_version`
      await tx`INSERT INTO schema_version (version) VALUES (${SCHEMA_VERSION})`
    },
    { limitMs: 2 * waitMs },
  )
}

async function readVersion(tx: Tx): Promise<number> {
  const rows = await tx`SELECT version FROM schema_version`
  return rows.length === 0 ? 0 : Number(rows[0].version)
}
