/** The one SQLite file under the embedded log and snapshots: opened, migrated, closed. */

import { Database } from 'bun:sqlite'
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { OnError } from '../../errors'
import { type CheckpointLimits, startCheckpoints } from './checkpoints'
import { DataFolderError, makePrivate } from './data-folder'

/** `normal` survives the end of the process; `full` also a power cut, at an fsync a transaction. */
export type Durability = 'normal' | 'full'

/** The schema, as the steps that lead to it. A step that was ever released is never edited: add one. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE log (
    at INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, value TEXT, headers TEXT NOT NULL, appended_ms INTEGER NOT NULL
  );
  CREATE TABLE commits (follower TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE facts (topic TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (topic, key)) WITHOUT ROWID;
  CREATE TABLE tracks (
    order_id TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL, saved_ms INTEGER NOT NULL, points INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX tracks_by_age ON tracks (saved_ms);
  CREATE TABLE trail (
    order_id TEXT, at INTEGER, lat REAL NOT NULL, lng REAL NOT NULL, time_ms INTEGER NOT NULL,
    PRIMARY KEY (order_id, at)
  ) WITHOUT ROWID;
  CREATE TABLE thinned (order_id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE rejected (
    at INTEGER PRIMARY KEY, key TEXT, value TEXT, headers TEXT NOT NULL, reason TEXT NOT NULL, rejected_ms INTEGER NOT NULL
  );
  CREATE INDEX rejected_by_age ON rejected (rejected_ms);
  `,
]
const SCHEMA_VERSION = STEPS.length

/** The write-ahead log is kept, and read by the next start, when it cannot be emptied within a second. */
const CLOSE_TRIES = 100
const CLOSE_RETRY_MS = 10

export interface LogFile {
  readonly db: Database
  /** Whether the end of the log may be lost: not closed cleanly, and the machine has started anew since. */
  readonly mayHaveRewound: boolean
  /** Leaves one whole file behind where it can; what fails is reported, and never thrown. */
  close(): void
}

/**
 * Opens the file, making it when needed (mode 0600).
 * @throws DataFolderError when it cannot be used: a newer zlt wrote it, it is damaged, the disk is full
 */
export function openLogFile(
  path: string,
  durability: Durability,
  onError: OnError,
  checkpoints?: CheckpointLimits,
): LogFile {
  const { db, mayHaveRewound } = openDatabase(path, durability)
  const stopCheckpoints = startCheckpoints(db, path, onError, checkpoints)
  let closed = false
  return {
    db,
    mayHaveRewound,
    close() {
      if (closed) return
      closed = true
      stopCheckpoints()
      closeDatabase(db, onError)
    },
  }
}

function openDatabase(path: string, durability: Durability): { db: Database; mayHaveRewound: boolean } {
  let db: Database | undefined
  try {
    db = new Database(path, { create: true, strict: true })
    makePrivate(path)
    return { db, mayHaveRewound: prepare(db, path, durability) }
  } catch (cause) {
    db?.close()
    if (cause instanceof DataFolderError) throw cause
    throw new DataFolderError(`cannot open ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** @returns whether the end of the log may be lost */
function prepare(db: Database, path: string, durability: Durability): boolean {
  // First of all: the checkpoint thread of a log just closed may still hold a lock.
  db.run('PRAGMA busy_timeout = 5000')
  db.run('PRAGMA journal_mode = WAL')
  // An automatic checkpoint runs its fsync on this thread: 10 ms in which nothing is served.
  db.run('PRAGMA wal_autocheckpoint = 0')
  // The mark of this run has to reach the disk before anything that a power cut could lose.
  db.run('PRAGMA synchronous = FULL')
  migrate(db, path)
  const mayHaveRewound = markOpen(db, durability)
  if (durability === 'normal') db.run('PRAGMA synchronous = NORMAL')
  return mayHaveRewound
}

/** Goes on whatever fails: without its mark this run only counts as cut off. */
function closeDatabase(db: Database, onError: OnError): void {
  try {
    // Behind everything else in the write-ahead log: where this is found, all before it is.
    db.run("INSERT OR REPLACE INTO state VALUES ('clean', '1'), ('rewound', '0')")
    // The tries below are the wait; a backup that reads meanwhile takes longer than any.
    db.run('PRAGMA busy_timeout = 0')
    emptyWal(db)
  } catch (error) {
    onError(error, { stage: 'close' })
  } finally {
    db.close()
  }
}

/** Moves everything into the file itself; waits a little for the checkpoint thread, for which SQLite would not. */
function emptyWal(db: Database): void {
  for (let tries = 0; tries < CLOSE_TRIES; tries++) {
    const { busy } = db.query('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number }
    if (busy === 0) return
    Bun.sleepSync(CLOSE_RETRY_MS)
  }
}

function migrate(db: Database, path: string): void {
  const { user_version: version } = db.query('PRAGMA user_version').get() as { user_version: number }
  if (version > SCHEMA_VERSION) {
    throw new DataFolderError(
      `${path} was written by a newer zlt (schema ${version}, this one knows ${SCHEMA_VERSION}); upgrade zlt`,
    )
  }
  if (version === SCHEMA_VERSION) return
  db.transaction(() => {
    for (const step of STEPS.slice(version)) db.run(step)
    db.run(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  })()
}

/**
 * Marks the file as in use. `rewound` stays until a clean close: this process may end before anybody has acted on it,
 * and one epoch too many harms nobody. With `full` nothing of a cut-off run is lost, so it counts as clean.
 */
function markOpen(db: Database, durability: Durability): boolean {
  const read = (name: string) =>
    (db.query('SELECT value FROM state WHERE name = ?').get(name) as { value: string } | null)?.value
  const boot = bootId()
  const rewound = read('rewound') === '1' || (read('clean') === '0' && read('boot') !== boot)
  db.run("INSERT OR REPLACE INTO state VALUES ('clean', ?), ('boot', ?), ('rewound', ?)", [
    durability === 'full' ? '1' : '0',
    boot,
    rewound ? '1' : '0',
  ])
  return rewound
}

/** Names this start of the machine; to the minute where the kernel gives no id. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf-8').trim()
  } catch {
    return `booted-${Math.round((Date.now() - uptime() * 1000) / 60_000)}`
  }
}
