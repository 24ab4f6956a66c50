/** The database on Postgres, for several auth nodes at once. */

import { SQL } from 'bun'
import { UnreachableError, ZltError } from '../errors'
import { withDeadline } from '../with-deadline'
import type { Database } from './database'
import { tryLease } from './lease'

/** A server that froze answers nothing, and who asked us must be answered. */
const ANSWER_MS = 5_000
const CONNECT_S = 3

/** Opens it by its URL; the first query connects, and so does the next one after a connection was lost. */
export function openPostgres(url: string): Database {
  const sql = new SQL(url, { connectionTimeout: CONNECT_S })
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
    tryLead: (name) => tryLease(sql, url, name),
    close: async () => {
      // What is under way is given up: on a server that froze it would be waited for.
      await sql.close({ timeout: 0 })
    },
  }
}

/** As `UnreachableError` what keeps us from the database at all; the password in the URL is left out. */
export function unreachable(error: unknown, url: string): unknown {
  const host = URL.parse(url)?.host ?? '?'
  const { errno, message } = error as { errno?: unknown; message: string }
  if (error instanceof ZltError && error.code === 'database_unavailable') {
    // Bun says no more than `Failed to connect`.
    const why = error.cause instanceof Error ? error.cause.message : message
    return new UnreachableError(`cannot reach the database at ${host} (ZLT_DATABASE): ${why}`, { cause: error })
  }
  if (!REFUSED.test(String(errno))) return error
  return new UnreachableError(`the database at ${host} (ZLT_DATABASE) refuses: ${message}`, { cause: error })
}

/** The result, or an error that the caller can be told. What is late may be done all the same. */
async function answered<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const settled = work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  const done = await withDeadline(settled, limitMs)
  if (done === undefined) {
    throw new ZltError('database_unavailable', `the database has not answered for ${limitMs / 1000} s`)
  }
  if ('value' in done) return done.value
  throw told(done.error)
}

/**
 * Connection refused, lost or shut down, too many of them, and a replica that takes no writes: all pass by themselves
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const AWAY = /^(08...|57P0[1-5]|53300|25006)$/

/** A wrong user or password, and a database that does not exist. */
const REFUSED = /^(28...|3D000)$/

function told(cause: unknown): unknown {
  const { code, errno } = cause as { code?: unknown; errno?: unknown }
  if (errno === '53100') return new ZltError('disk_full', 'the database has no space left', { cause })
  const isAway =
    (typeof code === 'string' && /^ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)/.test(code)) || AWAY.test(String(errno))
  return isAway ? new ZltError('database_unavailable', 'the database does not answer now', { cause }) : cause
}
