/** Snapshots in the log's own SQLite file, so that a track and the commit behind it live or die together. */

import type { Database } from 'bun:sqlite'
import type { Track, TrailPoint } from '../../domain/track'
import { type Saved, type Snapshots, TRAIL_MAX_POINTS, type Trail } from '../../ports/snapshots'

/** Beyond so many, all counts are forgotten and made anew: trails of orders nobody drops must not fill the memory. */
const MAX_COUNTED_TRAILS = 50_000

export class EmbeddedSnapshots implements Snapshots {
  readonly #db: Database
  readonly #saveTrack
  readonly #saveTrail
  /** How many points each trail has, counted once and then kept along: never too few. */
  readonly #points = new Map<string, number>()

  constructor(db: Database) {
    this.#db = db
    this.#saveTrack = db.query(
      `INSERT INTO tracks (order_id, at, json, saved_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (order_id) DO UPDATE SET at = excluded.at, json = excluded.json, saved_ms = excluded.saved_ms
       WHERE excluded.at >= tracks.at`,
    )
    this.#saveTrail = db.query('INSERT OR IGNORE INTO trail (order_id, at, lat, lng, time_ms) VALUES (?, ?, ?, ?, ?)')
  }

  async load(_partition: number, orders: readonly string[]): Promise<Map<string, Track>> {
    const found = new Map<string, Track>()
    const one = this.#db.query('SELECT json FROM tracks WHERE order_id = ?')
    for (const order of orders) {
      const row = one.get(order) as { json: string } | null
      if (row !== null) found.set(order, JSON.parse(row.json) as Track)
    }
    return found
  }

  async save(_partition: number, saved: readonly Saved[]): Promise<void> {
    const nowMs = Date.now()
    if (this.#points.size > MAX_COUNTED_TRAILS) this.#points.clear()
    try {
      this.#db.transaction(() => {
        for (const { track, trail } of saved) {
          this.#saveTrack.run(track.orderId, track.at, JSON.stringify(track), nowMs)
          if (trail.length > 0) this.#addPoints(track.orderId, trail)
        }
      })()
    } catch (error) {
      // What was counted was rolled back.
      this.#points.clear()
      throw error
    }
  }

  #addPoints(order: string, trail: readonly TrailPoint[]): void {
    let points = this.#points.get(order) ?? this.#queryPoints(order)
    for (const { at, lat, lng, timeMs } of trail) points += this.#saveTrail.run(order, at, lat, lng, timeMs).changes
    while (points > TRAIL_MAX_POINTS) {
      this.#thin(order)
      // Counted anew: retention may have taken points that are in our count, and then nothing would be left to thin.
      points = this.#queryPoints(order)
    }
    this.#points.set(order, points)
  }

  async trail(_partition: number, order: string): Promise<Trail> {
    const select = 'SELECT at, lat, lng, time_ms AS timeMs FROM trail WHERE order_id = ? ORDER BY time_ms, at'
    const points = this.#db.query(select).all(order) as TrailPoint[]
    const thinned = this.#db.query('SELECT 1 FROM thinned WHERE order_id = ?').get(order) !== null
    return { points, complete: !thinned }
  }

  /** Every second point goes, the newest stays. */
  #thin(order: string): void {
    this.#db.run('INSERT OR IGNORE INTO thinned VALUES (?)', [order])
    this.#db.run(
      `DELETE FROM trail WHERE order_id = ?1 AND at IN (
           SELECT at FROM (SELECT at, row_number() OVER (ORDER BY time_ms DESC, at DESC) AS n FROM trail WHERE order_id = ?1)
           WHERE n % 2 = 0)`,
      [order],
    )
  }

  #queryPoints(order: string): number {
    return (this.#db.query('SELECT count(*) AS n FROM trail WHERE order_id = ?').get(order) as { n: number }).n
  }

  async drop(_partition: number, order: string): Promise<void> {
    this.#points.delete(order)
    this.#db.transaction(() => {
      for (const table of ['trail', 'thinned', 'tracks'])
        this.#db.run(`DELETE FROM ${table} WHERE order_id = ?`, [order])
    })()
  }

  async close(): Promise<void> {}
}
