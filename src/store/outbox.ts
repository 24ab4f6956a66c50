/** What the relay asks of the table of orders: what is to be published, what has been, and what time has changed. */

import { AFTER_END_MS, nextRev, STUB_UNTIL_MS } from '../domain/order'
import type { Tx } from './database'
import { inWriteOrder, type OrderRow, type OutboxRow, outboxRowOf } from './orders'

/** The rows whose value is not yet published, the lowest `rev` first. */
export async function unpublishedRows(tx: Tx, limit: number): Promise<OutboxRow[]> {
  const rows: OrderRow[] = await tx`SELECT * FROM orders WHERE rev > published_rev ORDER BY rev LIMIT ${limit}`
  return rows.map(outboxRowOf)
}

/** A page of all rows by id: what the log should hold. */
export async function rowsAfter(tx: Tx, id: string, limit: number): Promise<OutboxRow[]> {
  const rows: OrderRow[] = await tx`SELECT * FROM orders
    WHERE id > ${id} AND (fact <> 'removed' OR rev > published_rev) ORDER BY id LIMIT ${limit}`
  return rows.map(outboxRowOf)
}

/**
 * Notes what was published, by id. The tombstone of a forgotten order becomes a stub: tokens that name the order still
 * live, and without it they would vouch for the id and bring it to life again. One that time has taken from there goes.
 */
export async function markPublished(tx: Tx, revs: ReadonlyMap<string, number>): Promise<void> {
  for (const id of inWriteOrder([...revs.keys()])) {
    const rev = revs.get(id) ?? 0
    const stubbed =
      await tx`UPDATE orders SET fact = 'stub', rev = ${rev + 1}, published_rev = ${rev}, ended_at_ms = ${rev}
      WHERE id = ${id} AND rev = ${rev} AND doc IS NULL AND fact = 'removed' AND ended_at_ms IS NULL RETURNING id`
    if (stubbed.length === 1) continue
    const gone = await tx`DELETE FROM orders
      WHERE id = ${id} AND rev = ${rev} AND doc IS NULL AND fact = 'removed' RETURNING id`
    if (gone.length === 1) continue
    await tx`UPDATE orders SET published_rev = ${rev} WHERE id = ${id} AND published_rev < ${rev}`
  }
}

/** Has rows published again, by id under the given `rev`, which must be above the one the log has. */
export async function republish(tx: Tx, revs: ReadonlyMap<string, number>): Promise<void> {
  for (const id of inWriteOrder([...revs.keys()])) {
    const rev = revs.get(id) ?? 0
    await tx`UPDATE orders SET rev = ${rev}, published_rev = 0 WHERE id = ${id} AND rev <= ${rev}`
  }
}

/** Has rows published again as they are, by whoever publishes now: what the log says of them is in doubt. */
export async function doubt(tx: Tx, ids: Iterable<string>): Promise<void> {
  for (const id of inWriteOrder([...ids])) await tx`UPDATE orders SET published_rev = 0 WHERE id = ${id}`
}

/** The `published_rev` of a row; undefined when there is none (any more). */
export async function publishedRev(tx: Tx, id: string): Promise<number | undefined> {
  const rows = await tx`SELECT published_rev FROM orders WHERE id = ${id}`
  return rows.length === 0 ? undefined : Number(rows[0].published_rev)
}

/** What time makes of the fact of an ended order. */
const AGES = {
  stub: { from: ['live'], afterMs: AFTER_END_MS },
  removed: { from: ['live', 'stub'], afterMs: STUB_UNTIL_MS },
} as const

/**
 * Turns the facts of orders that ended long enough ago to stubs (30 min), or removes them (25 h), `limit` at most.
 * Returns how many rows changed; each has a new `rev`, so the relay publishes it. The row itself stays.
 */
export async function ageFacts(tx: Tx, to: keyof typeof AGES, nowMs: number, limit: number): Promise<number> {
  const { from, afterMs } = AGES[to]
  const rows: OrderRow[] = await tx`SELECT id, rev FROM orders
    WHERE fact IN ${tx([...from])} AND ended_at_ms <= ${nowMs - afterMs} LIMIT ${limit}`
  const revs = new Map(rows.map(({ id, rev }) => [id, Number(rev)]))
  for (const id of inWriteOrder([...revs.keys()])) {
    const rev = revs.get(id) ?? 0
    await tx`UPDATE orders SET fact = ${to}, rev = ${nextRev(rev, nowMs)} WHERE id = ${id} AND rev = ${rev}`
  }
  return rows.length
}
