/** A rider's plan: its orders in hand, in the sequence in which it serves them. */

import type { Claims } from '../domain/audience'
import { isId } from '../domain/id'
import { inSequence, type Order, resequence } from '../domain/order'
import { ZltError } from '../errors'
import { inWriteOrder, ordersInHandOf, updateOrder } from '../store/orders'
import type { AuthDeps } from './deps'

/** How many orders a detail names; the member `order_ids` has all. */
const NAMED_IN_DETAIL = 5

/**
 * The orders that a rider has in hand, the next one first; none for a rider we have not heard of, since a company may
 * mint its riders' tokens itself.
 * @throws ZltError `not_found` for another rider's
 */
export async function getPlan(
  { store }: Pick<AuthDeps, 'store'>,
  claims: Claims,
  partnerId: string | undefined,
): Promise<Order[]> {
  const id = requirePartnerId(partnerId)
  if (claims.role === 'DELIVERY_PARTNER' && claims.sub !== id) throw noSuchPlan()
  return inSequence(await store.read((tx) => ordersInHandOf(tx, id)))
}

/**
 * Puts a rider's orders in sequence: those of `orderIds` first, the others behind them as they were. Every row that
 * changed has a higher `rev` and is thereby due for publication. Done again it changes nothing.
 * @returns the whole plan, as it is then
 * @throws ZltError `not_found`, `not_in_hand` with the `order_ids` that this rider does not have in hand
 */
export async function setPlan(
  { store, now }: Pick<AuthDeps, 'store' | 'now'>,
  partnerId: string | undefined,
  orderIds: readonly string[],
): Promise<Order[]> {
  const id = requirePartnerId(partnerId)
  const nowMs = now()
  return store.write(async (tx) => {
    // What changes a plan holds this; so no order comes to the rider or leaves it meanwhile.
    await store.lock(tx, [`rider ${id}`])
    const orders = await ordersInHandOf(tx, id)
    const inHand = new Set(orders.map((order) => order.id))
    const missing = orderIds.filter((orderId) => !inHand.has(orderId))
    if (missing.length > 0) throw notInHand(id, missing)
    const changed = new Map(resequence(orders, orderIds, nowMs).map((order) => [order.id, order]))
    for (const orderId of inWriteOrder([...changed.keys()])) await updateOrder(tx, changed.get(orderId) as Order)
    return inSequence(orders.map((order) => changed.get(order.id) ?? order))
  })
}

function requirePartnerId(id: string | undefined): string {
  if (!isId(id)) throw noSuchPlan()
  return id
}

function noSuchPlan(): ZltError {
  return new ZltError('not_found', 'there is no such plan, or it is not yours')
}

function notInHand(partnerId: string, orderIds: readonly string[]): ZltError {
  const more = orderIds.length - NAMED_IN_DETAIL
  const named = orderIds.slice(0, NAMED_IN_DETAIL).join(', ') + (more > 0 ? ` and ${more} more` : '')
  return new ZltError('not_in_hand', `${partnerId} does not have ${named} in hand`, {
    members: { order_ids: orderIds },
  })
}
