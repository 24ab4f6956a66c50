/** Postgres, for accounts and orders that several auth nodes share. */

import { readFileSync } from 'node:fs'
import { SQL } from 'bun'
import type { Database } from './database'
import { translated } from './storage-errors'

/** Beyond what the URL says. */
export interface PostgresOptions {
  /** The authority (a PEM file) of the server's certificate: TLS is then required, and the host's name checked. */
  caFile?: string | undefined
}

/**
 * What the server does for us when one of our processes freezes in the middle of a transaction: others wait no longer
 * than this. A pooler in between has to pass them on (PgBouncer: `ignore_startup_parameters`).
 */
const SESSION = { application_name: 'zlt', lock_timeout: 10_000, idle_in_transaction_session_timeout: 15_000 }
const CONNECT_TIMEOUT_S = 10

/**
 * Opens the pool; it connects with the first query. `sslmode` of the URL is honoured as by libpq, except that without
 * it there is no TLS at all: `require` encrypts, `verify-full` checks the certificate too.
 * @throws Error when the file of the authority cannot be read
 */
export function openPostgres(url: string, { caFile }: PostgresOptions = {}): Database {
  const tls = caFile === undefined ? {} : { tls: { ca: readAuthority(caFile) } }
  const sql = new SQL(url, { connection: SESSION, connectionTimeout: CONNECT_TIMEOUT_S, ...tls })
  return {
    dialect: 'postgres',
    read: (work) => translated(work(sql)),
    write: (work, { durable = true } = {}) =>
      translated(
        sql.begin(async (tx) => {
          if (!durable) await tx`SET LOCAL synchronous_commit = off`
          return work(tx)
        }),
      ),
    lock: async (tx, keys) => {
      // Always in one order: two transactions that want the same keys never wait for each other.
      for (const key of [...new Set(keys)].sort()) await tx`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 7))`
    },
    close: () => sql.close(),
  }
}

/** The failure with the server's address, as Bun says no more than `Failed to connect`. The password is left out. */
export function namedFailure(error: unknown, url: string): unknown {
  const cause = error instanceof Error && error.name === 'ZltError' ? error.cause : error
  const { code, message } = cause as { code?: unknown; message: string }
  const host = URL.parse(url)?.host ?? '?'
  if (typeof code !== 'string') return error
  if (code.startsWith('ERR_POSTGRES_CONNECTION')) {
    return new Error(`cannot reach the database at ${host}: ${message}`, { cause: error })
  }
  if (code.startsWith('ERR_POSTGRES_TLS') || code.startsWith('ERR_TLS') || /CERT|LEAF|SIGNATURE/.test(code)) {
    return new Error(`no TLS with the database at ${host}: ${message}; look at database-ca and sslmode`, {
      cause: error,
    })
  }
  return error
}

function readAuthority(caFile: string): string {
  try {
    return readFileSync(caFile, 'utf8')
  } catch (cause) {
    throw new Error(`the authority of the database cannot be read: ${(cause as Error).message}`, { cause })
  }
}
