/** The one SQLite file under the embedded log and snapshots: opened, migrated, checkpointed off the main thread. */

import { Database } from 'bun:sqlite'
import { readFileSync, statSync } from 'node:fs'
import { uptime } from 'node:os'
import type { OnError } from '../../errors'
import { makePrivate } from './data-folder'

/** `normal` survives the end of the process; `full` also a power cut, at an fsync a transaction. */
export type Durability = 'normal' | 'full'

const SCHEMA_VERSION = 1
const SCHEMA = `
  CREATE TABLE log (
    at INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, value TEXT, headers TEXT NOT NULL, appended_ms INTEGER NOT NULL
  );
  CREATE TABLE commits (follower TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE facts (topic TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (topic, key)) WITHOUT ROWID;
  CREATE TABLE tracks (
    order_id TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL, saved_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX tracks_by_age ON tracks (saved_ms);
  CREATE TABLE trail (
    order_id TEXT, at INTEGER, lat REAL NOT NULL, lng REAL NOT NULL, time_ms INTEGER NOT NULL,
    PRIMARY KEY (order_id, at)
  ) WITHOUT ROWID;
  CREATE TABLE thinned (order_id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`
/** Beyond this the write-ahead log is reset, at the cost of one short stall; below, the worker's passive work is enough. */
const WAL_RESET_BYTES = 128 * 1024 * 1024

export interface LogFile {
  readonly db: Database
  /** Whether the end of the log may be lost: not closed cleanly, and the machine has started anew since. */
  readonly mayHaveRewound: boolean
  close(): void
}

/** Opens the file. @throws Error when a newer zlt wrote it */
export function openLogFile(path: string, durability: Durability, onError: OnError): LogFile {
  const db = new Database(path, { create: true, strict: true })
  makePrivate(path)
  db.run('PRAGMA journal_mode = WAL')
  db.run(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
  // An automatic checkpoint runs its fsync on this thread: 10 ms in which nothing is served.
  db.run('PRAGMA wal_autocheckpoint = 0')
  db.run('PRAGMA busy_timeout = 5000')
  migrate(db, path)
  const mayHaveRewound = durability === 'normal' && wasCutOff(db)
  const stopCheckpoints = startCheckpoints(db, path, onError)
  return {
    db,
    mayHaveRewound,
    close() {
      stopCheckpoints()
      db.run('PRAGMA wal_checkpoint(TRUNCATE)')
      db.run("INSERT OR REPLACE INTO state VALUES ('clean', '1')")
      db.close()
    },
  }
}

function migrate(db: Database, path: string): void {
  const { user_version: version } = db.query('PRAGMA user_version').get() as { user_version: number }
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `${path} was written by a newer zlt (schema ${version}, this one knows ${SCHEMA_VERSION}); upgrade zlt`,
    )
  }
  if (version === SCHEMA_VERSION) return
  db.transaction(() => {
    db.run(SCHEMA)
    db.run(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  })()
}

function wasCutOff(db: Database): boolean {
  const read = (name: string) =>
    (db.query('SELECT value FROM state WHERE name = ?').get(name) as { value: string } | null)?.value
  const boot = bootId()
  const cutOff = read('clean') === '0' && read('boot') !== boot
  db.run("INSERT OR REPLACE INTO state VALUES ('clean', '0'), ('boot', ?)", [boot])
  return cutOff
}

/** Names this start of the machine; to the minute where the kernel gives no id. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf-8').trim()
  } catch {
    return `booted-${Math.round((Date.now() - uptime() * 1000) / 60_000)}`
  }
}

/** A thread of its own, so that the fsync of a checkpoint stalls nobody. A string, so that one executable holds it. */
const CHECKPOINT_WORKER = `
  const { Database } = require('bun:sqlite')
  let db
  self.onmessage = ({ data }) => {
    if (data.path !== undefined) db = new Database(data.path)
    try {
      db.run('PRAGMA wal_checkpoint(PASSIVE)')
      self.postMessage({})
    } catch (error) {
      self.postMessage({ error: String(error) })
    }
  }
`

function startCheckpoints(db: Database, path: string, onError: OnError): () => void {
  const source = URL.createObjectURL(new Blob([CHECKPOINT_WORKER], { type: 'application/javascript' }))
  const worker = new Worker(source, { ref: false })
  let busy = true
  worker.onmessage = ({ data }: MessageEvent<{ error?: string }>) => {
    busy = false
    if (data.error !== undefined) return onError(new Error(data.error), { stage: 'checkpoint' })
    // A steady writer never lets a passive checkpoint reach the end; what is left by now is little.
    if (walBytes(path) > WAL_RESET_BYTES) db.run('PRAGMA wal_checkpoint(RESTART)')
  }
  worker.onerror = (event) => onError(event.message, { stage: 'checkpoint' })
  worker.postMessage({ path })
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    worker.postMessage({})
  }, 1_000)
  timer.unref()
  return () => {
    clearInterval(timer)
    worker.terminate()
    URL.revokeObjectURL(source)
  }
}

function walBytes(path: string): number {
  try {
    return statSync(`${path}-wal`).size
  } catch {
    return 0
  }
}
