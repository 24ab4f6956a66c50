/** The embedded adapters on a real file in a folder of its own. */

import type { Database } from 'bun:sqlite'
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts'
import { type LogFile, openLogFile } from '../../../src/adapters/embedded/log-file.ts'
import { EmbeddedSnapshots } from '../../../src/adapters/embedded/snapshots.ts'
import type { KeptRecord } from '../../contract/log-case.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** What came to `onError`, for tests that expect some. */
export interface Embedded {
  path: string
  file: LogFile
  log: EmbeddedLog
  snapshots: EmbeddedSnapshots
  errors: unknown[]
  close(): Promise<void>
}

/** Opens (or opens again) `path`. */
export function openEmbeddedAt(path: string, retentionMs = 3_600_000): Embedded {
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const file = openLogFile(path, 'normal', onError)
  const log = new EmbeddedLog(file, { retentionMs, onError })
  const snapshots = new EmbeddedSnapshots(file.db)
  return {
    path,
    file,
    log,
    snapshots,
    errors,
    async close() {
      await log.close()
      await snapshots.close()
      file.close()
    },
  }
}

/** Opens a new one; `reopen` goes on with the same file, `cleanup` removes it. */
export async function openEmbedded() {
  const folder = tempFolder()
  let now = openEmbeddedAt(folder.file('log.db'))
  const reopen = async () => {
    await now.close()
    now = openEmbeddedAt(now.path)
    return now
  }
  return {
    first: now,
    reopen,
    rejected: async () => rejectedOf(now.file.db),
    async cleanup() {
      await now.close()
      folder.remove()
    },
  }
}

/** What was set aside, of the one partition there is. */
function rejectedOf(db: Database): KeptRecord[] {
  const rows = db.query('SELECT at, key, value, headers, reason FROM rejected ORDER BY rowid').all()
  return (rows as (Omit<KeptRecord, 'partition' | 'headers'> & { headers: string })[]).map((row) => ({
    partition: 0,
    ...row,
    headers: JSON.parse(row.headers),
  }))
}
