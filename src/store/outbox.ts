/** What the relay asks of the table of orders: what is to be published, what has been, and what time has changed. */

import { AFTER_END_MS, nextRev, STUB_UNTIL_MS } from '../domain/order'
import { type FactState, type OrderRow, type OutboxRow, outboxRowOf } from './orders'
import type { Tx } from './sql'

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

/** Notes what was published. A tombstone has then done its duty and goes, unless it has changed meanwhile. */
export async function markPublished(tx: Tx, id: string, rev: number): Promise<void> {
  const gone = await tx`DELETE FROM orders WHERE id = ${id} AND rev = ${rev} AND doc IS NULL RETURNING id`
  if (gone.length === 1) return
  await tx`UPDATE orders SET published_rev = ${rev} WHERE id = ${id} AND published_rev < ${rev}`
}

/** Has a row published again, under `rev`, which must be above the one the log has. */
export async function republish(tx: Tx, id: string, rev: number): Promise<void> {
  await tx`UPDATE orders SET rev = ${rev}, published_rev = 0 WHERE id = ${id} AND rev <= ${rev}`
}

/** The `published_rev` of a row; undefined when there is none (any more). */
export async function publishedRev(tx: Tx, id: string): Promise<number | undefined> {
  const rows = await tx`SELECT published_rev FROM orders WHERE id = ${id}`
  return rows.length === 0 ? undefined : Number(rows[0].published_rev)
}

/**
 * Turns the facts of ended orders to stubs after 30 min, and removes those after 25 h, at most `limit` of each.
 * Returns how many rows changed; each has a new `rev`, so the relay publishes it. The row itself stays.
 */
export async function ageEndedOrders(tx: Tx, nowMs: number, limit: number): Promise<number> {
  // Removal first: what has been down for a day needs no stub.
  const removed = await ageFacts(tx, ['live', 'stub'], 'removed', nowMs - STUB_UNTIL_MS, nowMs, limit)
  return removed + (await ageFacts(tx, ['live'], 'stub', nowMs - AFTER_END_MS, nowMs, limit))
}

async function ageFacts(
  tx: Tx,
  from: FactState[],
  to: FactState,
  endedUntilMs: number,
  nowMs: number,
  limit: number,
): Promise<number> {
  const rows: OrderRow[] = await tx`SELECT * FROM orders
    WHERE fact IN ${tx(from)} AND ended_at_ms <= ${endedUntilMs} LIMIT ${limit}`
  for (const { id, rev } of rows) {
    await tx`UPDATE orders SET fact = ${to}, rev = ${nextRev(Number(rev), nowMs)} WHERE id = ${id}`
  }
  return rows.length
}
