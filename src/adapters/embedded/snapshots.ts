/** Snapshots in the log's own SQLite file, so that a track and the commit behind it live or die together. */

import type { Database, SQLQueryBindings } from 'bun:sqlite'
import type { PaceTable } from '../../domain/pace'
import type { TrailPoint } from '../../domain/track'
import { type Saved, type Snapshots, TRAIL_MAX_POINTS, type Trail } from '../../ports/snapshots'
import { type BulkInsert, bulkInsert } from './bulk-insert'

export class EmbeddedSnapshots implements Snapshots {
  readonly #db: Database
  readonly #saveTrack
  readonly #saveTrail: BulkInsert

  constructor(db: Database) {
    this.#db = db
    // Points are counted along, never too few: a save that comes twice counts twice, and is counted anew at the limit.
    this.#saveTrack = db.query(
      `INSERT INTO tracks (order_id, at, json, saved_ms, points) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (order_id) DO UPDATE SET points = tracks.points + excluded.points, saved_ms = excluded.saved_ms,
         json = iif(excluded.at >= tracks.at, excluded.json, tracks.json), at = max(excluded.at, tracks.at)
       RETURNING points`,
    )
    this.#saveTrail = bulkInsert(db, 'INSERT OR IGNORE INTO trail (order_id, at, lat, lng, time_ms)', 5)
  }

  async load(_partition: number, orders: readonly string[]): Promise<Map<string, unknown>> {
    const found = new Map<string, unknown>()
    const one = this.#db.query('SELECT json FROM tracks WHERE order_id = ?')
    for (const order of orders) {
      const row = one.get(order) as { json: string } | null
      if (row !== null) found.set(order, decoded(row.json))
    }
    return found
  }

  async save(_partition: number, saved: readonly Saved[]): Promise<void> {
    const nowMs = Date.now()
    this.#db.transaction(() => {
      const long: string[] = []
      const values: SQLQueryBindings[] = []
      for (const { track, trail } of saved) {
        const { orderId, at } = track
        const row = this.#saveTrack.get(orderId, at, JSON.stringify(track), nowMs, trail.length) as { points: number }
        if (row.points > TRAIL_MAX_POINTS) long.push(orderId)
        for (const { at, lat, lng, timeMs } of trail) values.push(orderId, at, lat, lng, timeMs)
      }
      this.#saveTrail(values)
      for (const order of long) this.#keepWithinLimit(order)
    })()
  }

  #keepWithinLimit(order: string): void {
    let points = (this.#db.query('SELECT count(*) AS n FROM trail WHERE order_id = ?').get(order) as { n: number }).n
    while (points > TRAIL_MAX_POINTS) points -= this.#thin(order)
    this.#db.run('UPDATE tracks SET points = ? WHERE order_id = ?', [points, order])
  }

  async trail(_partition: number, order: string): Promise<Trail> {
    const select = 'SELECT at, lat, lng, time_ms AS timeMs FROM trail WHERE order_id = ? ORDER BY time_ms, at'
    const points = this.#db.query(select).all(order) as TrailPoint[]
    const thinned = this.#db.query('SELECT 1 FROM thinned WHERE order_id = ?').get(order) !== null
    return { points, complete: !thinned }
  }

  /** Every second point goes, the newest stays. @returns how many went */
  #thin(order: string): number {
    this.#db.run('INSERT OR IGNORE INTO thinned VALUES (?)', [order])
    return this.#db.run(
      `DELETE FROM trail WHERE order_id = ?1 AND at IN (
           SELECT at FROM (SELECT at, row_number() OVER (ORDER BY time_ms DESC, at DESC) AS n FROM trail WHERE order_id = ?1)
           WHERE n % 2 = 0)`,
      [order],
    ).changes
  }

  async loadPace(partition: number): Promise<PaceTable | undefined> {
    const row = this.#db.query('SELECT value FROM state WHERE name = ?').get(paceName(partition)) as {
      value: string
    } | null
    return row === null ? undefined : (JSON.parse(row.value) as PaceTable)
  }

  async savePace(partition: number, pace: PaceTable): Promise<void> {
    this.#db.run('INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)', [
      paceName(partition),
      JSON.stringify(pace),
    ])
  }

  async drop(_partition: number, order: string): Promise<void> {
    this.#db.transaction(() => {
      for (const table of ['trail', 'thinned', 'tracks'])
        this.#db.run(`DELETE FROM ${table} WHERE order_id = ?`, [order])
    })()
  }

  async close(): Promise<void> {}
}

/** The value, or the text itself: no track either, but one that its reader can refuse by itself. */
function decoded(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function paceName(partition: number): string {
  return `pace.${partition}`
}
