/** The table of orders. A row is its own outbox: whoever raises its `rev` has said all that must be published. */

import { type Order, stubOf } from '../domain/order'
import type { OrderStatus } from '../domain/view'
import type { Cursor } from './cursor'
import type { Tx } from './database'

/** What the row says to the log: its whole value, the stub of an order long ended, or null. */
export type FactState = 'live' | 'stub' | 'removed'

/** A row as the relay needs it. */
export interface OutboxRow {
  id: string
  rev: number
  published_rev: number
  fact: FactState
  /** Null in the tombstone of a forgotten order, and in the stub that it becomes. */
  order: Order | null
}

/** The value to publish for a row; the same text each time until `rev` changes. */
export function factOf({ id, rev, fact, order }: OutboxRow): string | null {
  if (fact === 'removed') return null
  if (fact === 'stub') return JSON.stringify({ ...stubOf(order ?? { id, rev: 0, status: 'cancelled' }, 0), rev })
  return order === null ? null : JSON.stringify(order)
}

/**
 * Adds an order, also in the place of a forgotten one's stub, then with a `rev` above that. `taken` when its id is;
 * `forgetting` when a forgotten order had it, whose null is not yet published:
 * a new value must not overtake that, since it is what makes every node drop the old track.
 */
export async function insertOrder(
  tx: Tx,
  order: Order,
  createdAtMs: number,
): Promise<'inserted' | 'taken' | 'forgetting'> {
  const { id, rev, status, partner_id = null, customer_id = null } = order
  const inserted = await tx`
    INSERT INTO orders (id, rev, fact, status, partner_id, customer_id, created_at_ms, doc)
    VALUES (${id}, ${rev}, 'live', ${status}, ${partner_id}, ${customer_id}, ${createdAtMs}, ${JSON.stringify(order)})
    ON CONFLICT (id) DO UPDATE SET fact = 'live', status = excluded.status, partner_id = excluded.partner_id,
      customer_id = excluded.customer_id, created_at_ms = excluded.created_at_ms, ended_at_ms = NULL, doc = excluded.doc,
      rev = CASE WHEN excluded.rev > orders.rev THEN excluded.rev ELSE orders.rev + 1 END
      WHERE orders.doc IS NULL AND orders.fact = 'stub'
    RETURNING id`
  if (inserted.length === 1) return 'inserted'
  const rows = await tx`SELECT doc FROM orders WHERE id = ${id}`
  return rows.length === 1 && rows[0].doc === null ? 'forgetting' : 'taken'
}

/** Stores the new value of an order that is still live. */
export async function updateOrder(tx: Tx, order: Order): Promise<void> {
  const { id, rev, status, partner_id = null, customer_id = null, ended_at_ms = null } = order
  await tx`UPDATE orders SET rev = ${rev}, status = ${status}, partner_id = ${partner_id}, customer_id = ${customer_id},
    ended_at_ms = ${ended_at_ms}, doc = ${JSON.stringify(order)} WHERE id = ${id}`
}

/** Finds an order that has not been forgotten. */
export async function findOrder(tx: Tx, id: string): Promise<Order | undefined> {
  const row: OrderRow | undefined = (await tx`SELECT * FROM orders WHERE id = ${id} AND doc IS NOT NULL`)[0]
  return row && (outboxRowOf(row).order ?? undefined)
}

/** All orders that a rider has in hand. */
export async function ordersInHandOf(tx: Tx, partnerId: string): Promise<Order[]> {
  const rows: OrderRow[] = await tx`SELECT * FROM orders
    WHERE partner_id = ${partnerId} AND status IN ('assigned', 'picked_up')`
  return rows.flatMap((row) => outboxRowOf(row).order ?? [])
}

/** Which orders a list is of; an absent member does not narrow it. */
export interface OrderFilter {
  partnerId?: string
  customerId?: string
  status?: OrderStatus
  ids?: readonly string[]
}

/** An order in a list, with what a cursor is made of. */
export interface ListedOrder {
  order: Order
  created_at_ms: number
}

/** Lists orders, the newest first. */
export async function listOrders(tx: Tx, filter: OrderFilter, limit: number, after?: Cursor): Promise<ListedOrder[]> {
  const { partnerId, customerId, status, ids } = filter
  const rows: OrderRow[] = await tx`SELECT * FROM orders WHERE doc IS NOT NULL
    ${partnerId === undefined ? tx`` : tx`AND partner_id = ${partnerId}`}
    ${customerId === undefined ? tx`` : tx`AND customer_id = ${customerId}`}
    ${status === undefined ? tx`` : tx`AND status = ${status}`}
    ${ids === undefined ? tx`` : tx`AND id IN ${tx(ids as string[])}`}
    ${after === undefined ? tx`` : tx`AND (created_at_ms, id) < (${after.created_at_ms}, ${after.id})`}
    ORDER BY created_at_ms DESC, id DESC LIMIT ${limit}`
  return rows.flatMap((row) => {
    const { order } = outboxRowOf(row)
    return order === null ? [] : { order, created_at_ms: Number(row.created_at_ms) }
  })
}

/** Strips a row to what publishing its null needs; the person's data is gone with this transaction. */
export async function entombOrder(tx: Tx, id: string, rev: number): Promise<void> {
  await tx`UPDATE orders SET rev = ${rev}, fact = 'removed', status = 'cancelled', partner_id = NULL, customer_id = NULL,
    ended_at_ms = NULL, doc = NULL WHERE id = ${id}`
}

/**
 * The one order in which a transaction writes several rows: two that write the same rows then never wait for each
 * other in a circle, as Postgres would end by failing one of them.
 */
export function inWriteOrder(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort()
}

export interface OrderRow {
  id: string
  rev: number | string
  published_rev: number | string
  fact: FactState
  created_at_ms: number | string
  doc: string | null
}

/** Reads a row. The column `rev` is the order's, also when a stub has taken it further than the document says. */
export function outboxRowOf(row: OrderRow): OutboxRow {
  const rev = Number(row.rev)
  const order = row.doc === null ? null : { ...(JSON.parse(row.doc) as Order), rev }
  return { id: row.id, rev, published_rev: Number(row.published_rev), fact: row.fact, order }
}
