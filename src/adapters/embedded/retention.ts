/** Keeps the data folder from growing for ever: old records and forgotten tracks go, a few rows at a time. */

import type { Database } from 'bun:sqlite'
import type { OnError } from '../../errors'
import { sweepRejected } from './rejected'

/** So few rows that nobody waits for them. */
const ROWS_PER_TICK = 500
const BUSY_TICK_MS = 100
const IDLE_TICK_MS = 10_000
/** A track nobody wrote for this long belongs to no live order: an ended one's facts go after 25 h. */
const TRACK_MAX_AGE_MS = 26 * 3_600_000

/** Starts the sweeps; returns how to stop them. */
export function startRetention(db: Database, retentionMs: number, onError: OnError): () => void {
  let timer: Timer
  const tick = () => {
    let busy = false
    try {
      const beforeMs = Date.now() - retentionMs
      busy =
        sweepRecords(db, beforeMs) ||
        sweepRejected(db, beforeMs, ROWS_PER_TICK) ||
        sweepTracks(db, Date.now() - TRACK_MAX_AGE_MS)
    } catch (error) {
      onError(error, { stage: 'retention' })
    }
    timer = setTimeout(tick, busy ? BUSY_TICK_MS : IDLE_TICK_MS)
    timer.unref()
  }
  timer = setTimeout(tick, BUSY_TICK_MS)
  timer.unref()
  return () => clearTimeout(timer)
}

/**
 * Deletes the oldest records appended before `beforeMs`; true when there may be more.
 *
 * Each record goes by its own stamp, never by a neighbour's: a clock that was wrong for a while may keep records for
 * longer, but makes none go that is not old by its own stamp.
 */
export function sweepRecords(db: Database, beforeMs: number): boolean {
  const oldest = 'SELECT at FROM log ORDER BY at LIMIT ?'
  const { changes } = db.run(`DELETE FROM log WHERE at IN (${oldest}) AND appended_ms < ?`, [ROWS_PER_TICK, beforeMs])
  return changes === ROWS_PER_TICK
}

/** Deletes a track (and its trail) that was last saved before `beforeMs`; true when there was one. */
export function sweepTracks(db: Database, beforeMs: number): boolean {
  const row = db.query('SELECT order_id FROM tracks WHERE saved_ms < ? LIMIT 1').get(beforeMs) as {
    order_id: string
  } | null
  if (row === null) return false
  db.transaction(() => {
    for (const table of ['trail', 'thinned', 'tracks']) {
      db.run(`DELETE FROM ${table} WHERE order_id = ?`, [row.order_id])
    }
  })()
  return true
}
