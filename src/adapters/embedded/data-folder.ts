/** The data folder of the embedded tier: made with tight permissions, owned by one process at a time. */

import { Database } from 'bun:sqlite'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** A folder that cannot be used, with what to do about it. */
export class DataFolderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DataFolderError'
  }
}

/** The locks in use: a lock that nobody refers to any more would be collected, and with it released. */
const held = new Set<Database>()

export interface DataFolder {
  /** Absolute path. */
  readonly path: string
  file(name: string): string
  /** Lets the next process have it. */
  release(): void
}

/**
 * Takes the folder for this process, making it when needed (mode 0700).
 *
 * The lock is SQLite's own on an empty database: the kernel drops it with the process, so that no `kill -9` leaves a
 * stale one behind. @throws DataFolderError when another process has it, or it cannot be written
 */
export function takeDataFolder(path: string): DataFolder {
  const folder = resolve(path)
  const pidFile = join(folder, 'zlt.pid')
  let lock: Database | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    lock = new Database(join(folder, 'zlt.lock'), { create: true })
    lock.run('PRAGMA busy_timeout = 0')
  } catch (cause) {
    lock?.close()
    throw new DataFolderError(`cannot use ${folder}: ${(cause as Error).message}; choose another with --data`, {
      cause,
    })
  }
  try {
    lock.run('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    if (!isBusy(cause)) throw new DataFolderError(`cannot lock ${folder}: ${(cause as Error).message}`, { cause })
    const owner = readOwner(pidFile)
    throw new DataFolderError(
      `${folder} is in use by another zlt${owner}; stop it, or choose another folder with --data`,
      { cause },
    )
  }
  held.add(lock)
  notePid(pidFile)
  return {
    path: folder,
    file: (name) => join(folder, name),
    release() {
      if (!held.delete(lock)) return
      lock.run('ROLLBACK')
      lock.close()
    },
  }
}

/** Makes a file readable by its owner only. */
export function makePrivate(path: string): void {
  chmodSync(path, 0o600)
}

function isBusy(error: unknown): boolean {
  return (error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true
}

/** For people only: on a full disk the lock is as good without it. */
function notePid(pidFile: string): void {
  try {
    // First: who finds an older one would name the wrong process.
    rmSync(pidFile, { force: true })
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch {}
}

function readOwner(pidFile: string): string {
  try {
    const pid = readFileSync(pidFile, 'utf-8').trim()
    return pid === '' ? '' : ` (pid ${pid})`
  } catch {
    return ''
  }
}
