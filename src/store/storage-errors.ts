/** What of a database's failures the caller can be told. */

import { ZltError } from '../errors'

/** Postgres: what was waited for was held too long, or the server ended us because we held it. */
const HELD = new Set(['55P03', '40P01', '40001', '25P03'])
const DISK_FULL = '53100'
/** Postgres: shut down, starting, full of connections, or a replica that takes no writes. All pass by themselves. */
const AWAY = /^(08...|57P0[1-5]|53300|25006)$/

/**
 * Tells apart what trying again can help: the disk is full (SQLITE_FULL, 53100), somebody holds the database, or it
 * cannot be reached.
 */
export async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const { code, errno } = cause as { code?: string; errno?: unknown }
    if (code === 'SQLITE_FULL' || errno === DISK_FULL) {
      throw new ZltError('disk_full', 'the database has no space left', { cause })
    }
    if (isBusy(cause) || HELD.has(String(errno))) throw new ZltError('overloaded', 'the database is held', { cause })
    if (
      code?.startsWith('ERR_POSTGRES_CONNECTION') ||
      code === 'ERR_POSTGRES_IDLE_TIMEOUT' ||
      AWAY.test(String(errno))
    ) {
      throw new ZltError('database_unavailable', 'the database does not answer now', { cause })
    }
    throw cause
  }
}

/** Whether another connection holds the SQLite file. */
export function isBusy(error: unknown): boolean {
  return (error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true
}
