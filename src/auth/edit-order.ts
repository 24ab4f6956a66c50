/** Changing what was said of an order at its creation. */

import type { Claims } from '../domain/audience'
import { editOrder as edited, type Order, type OrderInput } from '../domain/order'
import { ZltError } from '../errors'
import type { AuthDeps } from './deps'
import { orderNotFound, requireVisible } from './order-access'
import { changeOrder } from './plan'

/** Replaces the members of `patch`, each whole. @throws ZltError `order_not_found`, `illegal_transition` */
export async function editOrder(
  { store, now }: Pick<AuthDeps, 'store' | 'now'>,
  claims: Claims,
  id: string,
  patch: OrderInput,
): Promise<Order> {
  const nowMs = now()
  const change = (order: Order) => {
    const next = edited(requireVisible(claims, order), patch, nowMs)
    if (next !== 'illegal') return next
    const detail = `the order is ${order.status} and stays as it is`
    throw new ZltError('illegal_transition', detail, { members: { allowed: [] } })
  }
  const order = await store.write((tx) => changeOrder(store, tx, id, change, nowMs))
  if (!order) throw orderNotFound()
  return order
}
