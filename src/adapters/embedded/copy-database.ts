/** A whole copy of a SQLite file, made while another process writes to it. */

import { Database } from 'bun:sqlite'
import { chmodSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs'

/** Others hold the file for moments only: the end of a server empties its write-ahead log. */
const HELD_MS = 5_000

/**
 * Writes what the database holds at one moment to a new file (mode 0600, on the disk when this returns), checks it, and
 * lets `change` alter the copy. The source may be in use; its writers wait for nothing.
 * @returns the copy's bytes
 * @throws Error when the source is no database, the copy exists already, or there is no room
 */
export function copyDatabase(from: string, to: string, change?: (copy: Database) => void): number {
  // Made before SQLite makes it, so that nobody else can read it at any moment.
  closeSync(openSync(to, 'wx', 0o600))
  chmodSync(to, 0o600)
  const source = new Database(from, { readonly: true, strict: true })
  try {
    source.run(`PRAGMA busy_timeout = ${HELD_MS}`)
    // sqlite.org/lang_vacuum.html: one read transaction, into a file that is missing or empty.
    source.query('VACUUM INTO ?').run(to)
  } finally {
    source.close()
  }
  const copy = new Database(to, { readwrite: true, create: false, strict: true })
  try {
    const { quick_check: found } = copy.query('PRAGMA quick_check(1)').get() as { quick_check: string }
    if (found !== 'ok') throw new Error(`the copy of ${from} is damaged: ${found}`)
    change?.(copy)
  } finally {
    copy.close()
  }
  syncToDisk(to)
  return statSync(to).size
}

/** Returns when the file, or what a folder lists, is on the disk. */
export function syncToDisk(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
