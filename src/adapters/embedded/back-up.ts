/** A backup of the data folder, taken while its server runs or not: a folder that a server can be started on. */

import { Database } from 'bun:sqlite'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { copyDatabase, syncToDisk } from './copy-database'

/** A backup that was not made, with what to do about it; nothing of it is left. */
export class BackupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BackupError'
  }
}

/** What to copy, and where to. */
export interface BackupSource {
  /** The log, positions and trails. */
  log: string
  /** Accounts and orders; absent when they are in Postgres. */
  database: string | undefined
  /** The signing keys. */
  keys: string
}

export interface BackedUp {
  /** Absolute path. */
  folder: string
  files: { name: string; bytes: number }[]
}

/** What is told while it is made. */
export interface BackupProgress {
  /** Before each file: its name, the length of the original, and how long the copy is by now. */
  onFile(name: string, bytes: number, copied: () => number): void
}

/** Names of the copies until all are whole. */
const PARTIAL = '.partial'
const NAMES = ['log.db', 'zlt.db', 'keys.json']

/**
 * Copies the log first and accounts and orders after it: then the rows are at least as new as what the log has of them,
 * and the start that compares the two publishes the difference. The other way round, a position could belong to a
 * handing-over that no row knows of. A server that is started on the copy begins a new epoch, since what was logged
 * after the copy is not in it and its offsets will be given away again.
 *
 * Files get their names last, the log's at the very end: of a copy that was cut off a server takes what is whole.
 * @throws BackupError
 */
export async function backUp(source: BackupSource, to: string, progress: BackupProgress): Promise<BackedUp> {
  const folder = resolve(to)
  for (const path of [source.log, source.database]) {
    if (path !== undefined && !existsSync(path)) {
      throw new BackupError(`there is no ${path}: name the folder of a server with --data`)
    }
  }
  const isNew = makeEmpty(folder)
  const files: BackedUp['files'] = []
  const copy = async (name: string, from: string, work: (from: string, to: string) => Promise<void> | void) => {
    const partial = join(folder, name + PARTIAL)
    progress.onFile(name, statSync(from).size, () => (existsSync(partial) ? statSync(partial).size : 0))
    await work(from, partial)
    files.push({ name, bytes: syncToDisk(partial) })
  }
  const { log, database, keys } = source
  try {
    await copy('log.db', log, async (from, partial) => {
      await copyDatabase(from, partial)
      beginNewEpoch(partial)
    })
    if (database !== undefined) await copy('zlt.db', database, copyDatabase)
    if (existsSync(keys)) await copy('keys.json', keys, copySecret)
    for (const { name } of files.toReversed()) renameSync(join(folder, name + PARTIAL), join(folder, name))
    syncToDisk(folder)
  } catch (cause) {
    dropPartialBackup(folder)
    if (isNew) rmSync(folder, { recursive: true, force: true })
    throw new BackupError(`no backup was made: ${(cause as Error).message}`, { cause })
  }
  return { folder, files }
}

/** Removes what a backup that does not go on has left in its folder: copies of secrets among it. */
export function dropPartialBackup(to: string): void {
  for (const name of NAMES) {
    for (const suffix of ['', '-journal']) rmSync(join(to, `${name}${PARTIAL}${suffix}`), { force: true })
  }
}

/** @returns whether it was made here */
function makeEmpty(folder: string): boolean {
  try {
    const isNew = !existsSync(folder)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (readdirSync(folder).length > 0) {
      throw new BackupError(`${folder} is not empty: name a folder that does not exist yet, such as one with the date`)
    }
    return isNew
  } catch (cause) {
    if (cause instanceof BackupError) throw cause
    throw new BackupError(`cannot make ${folder}: ${(cause as Error).message}`, { cause })
  }
}

/** What `openLogFile` reads at the next start. */
function beginNewEpoch(log: string): void {
  const copy = new Database(log, { readwrite: true, create: false, strict: true })
  try {
    copy.run("INSERT OR REPLACE INTO state VALUES ('rewound', '1')")
  } finally {
    copy.close()
  }
}

function copySecret(from: string, to: string): void {
  writeFileSync(to, readFileSync(from), { mode: 0o600, flag: 'wx' })
}
