/** Records that cannot be read, kept apart with the reason until they are as old as records may be. */

import type { Database } from 'bun:sqlite'
import type { Rejected } from '../../ports/log'

/** Stores them; one that is there already stays as it is. @throws what SQLite throws */
export function storeRejected(db: Database, rejected: readonly Rejected[]): void {
  const insert = db.query('INSERT OR IGNORE INTO rejected VALUES (?, ?, ?, ?, ?, ?)')
  db.transaction(() => {
    for (const { record, reason } of rejected) {
      insert.run(record.at, record.key, record.value, JSON.stringify(record.headers), reason, Date.now())
    }
  })()
}

/** Deletes some of those set aside before `beforeMs`; true when there may be more. */
export function sweepRejected(db: Database, beforeMs: number, limit: number): boolean {
  const old = 'SELECT at FROM rejected WHERE rejected_ms < ? LIMIT ?'
  return db.run(`DELETE FROM rejected WHERE at IN (${old})`, [beforeMs, limit]).changes === limit
}
