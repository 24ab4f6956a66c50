/** The one way to change an order: with it, in the same transaction, the plans of the riders it touches. */

import { nextRev, type Order, replan } from '../domain/order'
import type { Database, Tx } from '../store/database'
import { entombOrder, findOrder, inWriteOrder, ordersInHandOf, updateOrder } from '../store/orders'

/**
 * What is to become of the order: a new value, or null to forget it. May throw to leave all as it was.
 * `others` are the other orders in hand of the rider it may be given to.
 */
export type Change = (order: Order, others: readonly Order[]) => Order | null

/**
 * Changes an order within `tx`; `visible` and `stops_before` of all orders in hand of its rider, before and after,
 * follow. Every row that changed has a higher `rev` and is thereby due for publication.
 * @param newPartnerId the rider that `change` may give it to
 * @returns the order as it is then; null when it was forgotten; undefined when there is none
 */
export async function changeOrder(
  store: Database,
  tx: Tx,
  id: string,
  change: Change,
  nowMs: number,
  newPartnerId?: string,
): Promise<Order | null | undefined> {
  await store.lock(tx, [`order ${id}`])
  const rider = (await findOrder(tx, id))?.partner_id
  const riders = new Set([rider, newPartnerId].filter((partnerId) => partnerId !== undefined))
  await store.lock(
    tx,
    [...riders].map((partnerId) => `rider ${partnerId}`),
  )
  // Again: until its rider was locked, a change to the rider's other orders could have touched this one.
  const order = await findOrder(tx, id)
  if (order === undefined) return undefined

  const plans = new Map<string, Order[]>()
  for (const partnerId of riders) {
    plans.set(
      partnerId,
      (await ordersInHandOf(tx, partnerId)).filter((other) => other.id !== id),
    )
  }
  const changed = change(order, plans.get(newPartnerId ?? '') ?? [])
  const rows = new Map<string, Order>(changed === null ? [] : [[id, changed]])
  for (const [partnerId, others] of plans) {
    const plan = changed?.partner_id === partnerId ? [...others, changed] : others
    for (const moved of replan(plan, nowMs)) rows.set(moved.id, moved)
  }
  for (const rowId of inWriteOrder([id, ...rows.keys()])) {
    const row = rows.get(rowId)
    if (row === undefined) await entombOrder(tx, id, nextRev(order.rev, nowMs))
    else await updateOrder(tx, row)
  }
  return changed === null ? null : rows.get(id)
}
