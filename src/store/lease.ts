/** Being the only one among processes on one Postgres, by an advisory lock on a connection of its own. */

import type { SQL } from 'bun'
import { withDeadline } from '../with-deadline'
import type { Lease } from './database'

/** Our sign of life on the connection. */
const BEAT_MS = 1_000
/** A process that froze loses its connection, and with it the lock, after so long (Postgres 14 or later). */
const SILENT_AFTER_MS = 5_000
/** For so long after it was confirmed, the lock is taken to be ours without asking. */
export const CONFIRMED_MS = 1_000
const ANSWER_MS = 1_500

/** What is thrown when the lock was lost: somebody else may have it. */
export class LeaseLostError extends Error {
  constructor(name: string, cause: unknown) {
    super(`the lock “${name}” is no longer ours`, { cause })
    this.name = 'LeaseLostError'
  }
}

/**
 * Takes the lock `name` if it is free.
 * @param connect opens a pool of one connection
 *
 * A pooler between here and Postgres MUST keep sessions apart, as PgBouncer does
 * in session mode: otherwise the lock belongs to whoever gets the connection next.
 */
export async function tryLease(pool: SQL, connect: () => SQL, name: string): Promise<Lease | undefined> {
  // Within a transaction of the pool at first: a connection a second would be much to ask only to be told no.
  const free = await pool.begin((tx) => tx`SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 11)) AS ok`)
  if (free[0]?.ok !== true) return undefined
  const sql = connect()
  try {
    const connection = await sql.reserve()
    await connection.unsafe(`SET idle_session_timeout = ${SILENT_AFTER_MS}`).catch(() => {})
    const asked = performance.now()
    const [row] =
      await connection`SELECT pg_try_advisory_lock(hashtextextended(${name}, 11)) AS ok, pg_backend_pid() AS pid`
    if (row.ok === true) return held(sql, connection, name, row.pid, asked)
  } catch (error) {
    await sql.close({ timeout: 0 })
    throw error
  }
  await sql.close({ timeout: 0 })
  return undefined
}

function held(sql: SQL, connection: SQL, name: string, pid: number, askedMs: number): Lease {
  const { promise: lost, resolve } = Promise.withResolvers<void>()
  let isLost = false
  let confirmedMs = askedMs
  let asking: Promise<void> | undefined

  function lose(): void {
    isLost = true
    clearInterval(timer)
    resolve()
  }

  async function ask(): Promise<void> {
    const startMs = performance.now()
    try {
      const rows = await withDeadline(connection`SELECT pg_backend_pid() AS pid`, ANSWER_MS)
      // Another process of the server: the connection was made anew, without the lock.
      if (rows?.[0]?.pid !== pid) throw new Error(rows === undefined ? 'no answer' : 'another session')
    } catch (error) {
      lose()
      throw new LeaseLostError(name, error)
    }
    confirmedMs = startMs
  }

  async function confirm(): Promise<void> {
    if (isLost) throw new LeaseLostError(name, undefined)
    if (performance.now() - confirmedMs < CONFIRMED_MS) return
    asking ??= ask().finally(() => {
      asking = undefined
    })
    await asking
    // What was asked before this process froze says nothing of now.
    if (performance.now() - confirmedMs >= ANSWER_MS) return confirm()
  }

  const timer = setInterval(() => {
    // Also when it is fresh: the server counts our silence.
    asking ??= ask().finally(() => {
      asking = undefined
    })
    asking.catch(() => {})
  }, BEAT_MS)
  timer.unref()

  return {
    confirm,
    lost,
    async release() {
      lose()
      await sql.close({ timeout: 0 })
    },
  }
}
