/** What a server that is not running has left in its folder, read with SQLite alone. */

import { Database } from 'bun:sqlite'
import { join } from 'node:path'

/** Records of fixes in the log. */
export interface StoredFixes {
  ids: Set<string>
  /** Records beyond the first of their id: a request that was repeated because its answer was lost. */
  copies: number
}

/** Reads the ids of all fixes in the log; changes nothing. */
export function readFixes(dataFolder: string): StoredFixes {
  return reading(dataFolder, 'log.db', (db) => {
    const ids = new Set<string>()
    let records = 0
    for (const { id } of db.query("SELECT json_extract(value, '$.id') AS id FROM log").iterate() as Iterable<{
      id: string
    }>) {
      ids.add(id)
      records += 1
    }
    return { ids, copies: records - ids.size }
  })
}

/** Of the acknowledged ids, those that are not in the log. */
export function missingOf(acknowledged: ReadonlySet<string>, { ids }: StoredFixes): string[] {
  return [...acknowledged].filter((id) => !ids.has(id))
}

/** `PRAGMA integrity_check` of both files: `ok`, or what is wrong. */
export function integrity(dataFolder: string): string {
  const answers = ['log.db', 'zlt.db'].map((file) =>
    reading(
      dataFolder,
      file,
      (db) => (db.query('PRAGMA integrity_check').get() as { integrity_check: string }).integrity_check,
    ),
  )
  return answers.every((answer) => answer === 'ok') ? 'ok' : answers.join('; ')
}

/** Orders as the database has them: id → (`rev`, status). */
export function readRows(dataFolder: string): Map<string, { rev: number; status: string }> {
  return reading(dataFolder, 'zlt.db', (db) => {
    const rows = db.query('SELECT id, rev, status FROM orders').all() as { id: string; rev: number; status: string }[]
    return new Map(rows.map(({ id, rev, status }) => [id, { rev, status }]))
  })
}

/** Orders as the topic has them. */
export function readFacts(dataFolder: string): Map<string, { rev: number; status: string }> {
  return reading(dataFolder, 'log.db', (db) => {
    const rows = db.query("SELECT key, value FROM facts WHERE topic = 'delivery.order.v1'").all() as {
      key: string
      value: string
    }[]
    return new Map(rows.map(({ key, value }) => [key, JSON.parse(value)]))
  })
}

/** Where rows and facts differ: a start compares them before it listens. */
export function differences(dataFolder: string): string[] {
  const rows = readRows(dataFolder)
  const facts = readFacts(dataFolder)
  const differing: string[] = []
  for (const [id, row] of rows) {
    const fact = facts.get(id)
    if (fact?.rev !== row.rev || fact.status !== row.status) {
      differing.push(`${id}: row ${row.rev} ${row.status}, fact ${fact?.rev} ${fact?.status}`)
    }
  }
  for (const id of facts.keys()) if (!rows.has(id)) differing.push(`${id}: a fact without a row`)
  return differing
}

/**
 * Orders whose records, as the log has them, were not each folded exactly once, after a clean end: each is a point of
 * the trail, or was counted as dropped (a late one is both).
 */
export function miscounted(dataFolder: string): { orders: string[]; dropped: Record<string, number> } {
  return reading(dataFolder, 'log.db', (db) => {
    const rows = db
      .query(
        `SELECT key, count(*) AS records, (SELECT count(*) FROM trail WHERE order_id = key) AS points,
           (SELECT json_extract(json, '$.dropped') FROM tracks WHERE order_id = key) AS dropped
         FROM log GROUP BY key`,
      )
      .all() as { key: string; records: number; points: number; dropped: string | null }[]
    const dropped: Record<string, number> = {}
    const orders = rows.filter((row) => {
      const counts = JSON.parse(row.dropped ?? '{}') as Record<string, number>
      let outside = 0
      for (const [code, count] of Object.entries(counts)) {
        dropped[code] = (dropped[code] ?? 0) + count
        if (code !== 'late' && code !== 'too_old') outside += count
      }
      return row.points + outside !== row.records
    })
    return {
      orders: orders.map(
        ({ key, records, points, dropped }) => `${key}: ${records} records, ${points} points, ${dropped}`,
      ),
      dropped,
    }
  })
}

function reading<T>(dataFolder: string, file: string, read: (db: Database) => T): T {
  const db = new Database(join(dataFolder, file), { readonly: true })
  try {
    return read(db)
  } finally {
    db.close()
  }
}
