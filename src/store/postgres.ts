/** Postgres, for accounts and orders that several auth nodes share. */

import { readFileSync } from 'node:fs'
import { SQL } from 'bun'
import { UnreachableError, ZltError } from '../errors'
import { withDeadline } from '../with-deadline'
import type { Database } from './database'
import { tryLease } from './lease'
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
/** A server that froze answers nothing, and who asked us must be answered. */
const ANSWER_MS = 5_000

/**
 * Opens the pool; it connects with the first query. `sslmode` of the URL is honoured as by libpq, except that without
 * it there is no TLS at all: `require` encrypts, `verify-full` checks the certificate too.
 * @throws Error when the file of the authority cannot be read
 */
export function openPostgres(url: string, { caFile }: PostgresOptions = {}): Database {
  const tls = caFile === undefined ? {} : { tls: { ca: readAuthority(caFile) } }
  const options = { connection: SESSION, connectionTimeout: CONNECT_TIMEOUT_S, ...tls }
  const sql = new SQL(url, options)
  return {
    dialect: 'postgres',
    read: (work) => answered(work(sql), ANSWER_MS),
    write: (work, { durable = true, limitMs = ANSWER_MS } = {}) =>
      answered(
        sql.begin(async (tx) => {
          if (!durable) await tx`SET LOCAL synchronous_commit = off`
          return work(tx)
        }),
        limitMs,
      ),
    lock: async (tx, keys) => {
      // Always in one order: two transactions that want the same keys never wait for each other.
      for (const key of [...new Set(keys)].sort()) await tx`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 7))`
    },
    tryLead: (name) => tryLease(sql, () => new SQL(url, { ...options, max: 1 }), name),
    // What is under way is given up: on a server that froze it would be waited for.
    close: () => sql.close({ timeout: 0 }),
  }
}

/** The result, or an error that the caller can be told. What is late may be done all the same. */
async function answered<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const settled = translated(work).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  const done = await withDeadline(settled, limitMs)
  if (done === undefined) {
    throw new ZltError('database_unavailable', `the database has not answered for ${limitMs / 1000} s`)
  }
  if ('value' in done) return done.value
  throw done.error
}

/** A wrong user or password, and a database that does not exist. */
const REFUSED = /^(28...|3D000)$/

/** A start's failure with the server's address, as Bun says no more than `Failed to connect`. The password is left out. */
export function namedFailure(error: unknown, url: string): unknown {
  const cause = error instanceof ZltError && error.cause !== undefined ? error.cause : error
  const { code, errno, message } = cause as { code?: unknown; errno?: unknown; message: string }
  const place = `the database at ${URL.parse(url)?.host ?? '?'} (ZLT_DATABASE)`
  const named = (words: string) => new UnreachableError(words, { cause: error })
  if (REFUSED.test(String(errno))) return named(`${place} refuses: ${message}`)
  if (typeof code === 'string' && /^ERR_POSTGRES_TLS|^ERR_TLS|CERT|LEAF|SIGNATURE/.test(code)) {
    return named(`no TLS with ${place}: ${message}; look at database-ca and sslmode`)
  }
  const isAway = error instanceof ZltError && error.code === 'database_unavailable'
  return isAway ? named(`cannot reach ${place}: ${message}`) : error
}

function readAuthority(caFile: string): string {
  try {
    return readFileSync(caFile, 'utf8')
  } catch (cause) {
    throw new Error(`the authority of the database cannot be read: ${(cause as Error).message}`, { cause })
  }
}
