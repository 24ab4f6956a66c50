/** A whole copy of a SQLite file, made while another process writes to it. */

import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'

/** Others hold the file for moments only: the end of a server empties its write-ahead log. */
const HELD_MS = 5_000

/**
 * A thread of its own, so that the main one can tell how far it is, and hear signals. A string, so that one executable
 * holds it. VACUUM INTO (sqlite.org/lang_vacuum.html) is one read transaction, into a file that is missing or empty.
 */
const WORKER = `
  const { Database } = require('bun:sqlite')
  self.onmessage = ({ data: { from, to } }) => {
    try {
      const source = new Database(from, { readonly: true, strict: true })
      try {
        source.run('PRAGMA busy_timeout = ${HELD_MS}')
        source.query('VACUUM INTO ?').run(to)
      } finally {
        source.close()
      }
      const copy = new Database(to, { readwrite: true, create: false, strict: true })
      try {
        const { quick_check: found } = copy.query('PRAGMA quick_check(1)').get()
        if (found !== 'ok') throw new Error('the copy of ' + from + ' is damaged: ' + found)
      } finally {
        copy.close()
      }
      self.postMessage({})
    } catch (error) {
      self.postMessage({ error: String(error?.message ?? error) })
    }
  }
`

/**
 * Writes what the database holds at one moment to a new file (mode 0600), and checks it. The source may be in use; its
 * writers wait for nothing. The copy is on the disk once `syncToDisk` returns.
 * @throws Error when the source is no database, the copy exists already, or there is no room
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  // Made before SQLite makes it, so that nobody else can read it at any moment.
  closeSync(openSync(to, 'wx', 0o600))
  const source = URL.createObjectURL(new Blob([WORKER], { type: 'application/javascript' }))
  const worker = new Worker(source)
  try {
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = ({ data: { error } }: MessageEvent<{ error?: string }>) => {
        if (error === undefined) resolve()
        else reject(new Error(error))
      }
      worker.onerror = (event) => reject(new Error(event.message))
      worker.postMessage({ from, to })
    })
  } finally {
    worker.terminate()
    URL.revokeObjectURL(source)
  }
}

/** Returns when the file, or what a folder lists, is on the disk. @returns bytes */
export function syncToDisk(path: string): number {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return statSync(path).size
}
