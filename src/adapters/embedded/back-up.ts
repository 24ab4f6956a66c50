/** A backup of the data folder, taken while its server runs or not: a folder that a server can be started on. */

import type { Database } from 'bun:sqlite'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
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

const PARTIAL = '.partial'

/**
 * Copies the log first and accounts and orders after it: then the rows are at least as new as what the log has of them,
 * and the start that compares the two publishes the difference. The other way round, a position could belong to a
 * handing-over that no row knows of. A server that is started on the copy begins a new epoch, since what was logged
 * after the copy is not in it and its offsets will be given away again.
 *
 * Files get their names last, the log's at the very end: of a copy that was cut off a server takes what is whole.
 * @param onFile is called before each file is copied
 * @throws BackupError
 */
export function backUp(source: BackupSource, to: string, onFile: (name: string, bytes: number) => void): BackedUp {
  const folder = resolve(to)
  for (const path of [source.log, source.database]) {
    if (path !== undefined && !existsSync(path)) {
      throw new BackupError(`there is no ${path}: name the folder of a server with --data`)
    }
  }
  const isNew = makeEmpty(folder)
  const bytes = new Map<string, number>()
  const copy = (name: string, from: string, work: (to: string) => number) => {
    onFile(name, statSync(from).size)
    bytes.set(name, work(join(folder, name + PARTIAL)))
  }
  const { log, database, keys } = source
  try {
    copy('log.db', log, (file) => copyDatabase(log, file, beginNewEpoch))
    if (database !== undefined) copy('zlt.db', database, (file) => copyDatabase(database, file))
    if (existsSync(keys)) copy('keys.json', keys, (file) => copySecret(keys, file))
    // The copies were put under other names so far.
    for (const name of [...bytes.keys()].reverse()) renameSync(join(folder, name + PARTIAL), join(folder, name))
    syncToDisk(folder)
  } catch (cause) {
    for (const name of ['log.db', 'zlt.db', 'keys.json']) rmSync(join(folder, name + PARTIAL), { force: true })
    if (isNew) rmSync(folder, { recursive: true, force: true })
    throw new BackupError(`no backup was made: ${(cause as Error).message}`, { cause })
  }
  return { folder, files: [...bytes].map(([name, size]) => ({ name, bytes: size })) }
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
function beginNewEpoch(copy: Database): void {
  copy.run("INSERT OR REPLACE INTO state VALUES ('rewound', '1')")
}

function copySecret(from: string, to: string): number {
  // Read first: a file of keys is replaced whole, never written over.
  if (readFileSync(from).length === 0) throw new Error(`${from} is empty`)
  copyFileSync(from, to)
  chmodSync(to, 0o600)
  syncToDisk(to)
  return statSync(to).size
}
