/** Moving an order along: picked up, delivered, cancelled. */

import type { Claims } from '../domain/audience'
import { allowedMoves, moveOrder as moved, type Order } from '../domain/order'
import type { OrderStatus } from '../domain/view'
import { ZltError } from '../errors'
import type { AuthDeps } from './deps'
import { doOnce } from './idempotent'
import { orderNotFound, requireVisible } from './order-access'
import { changeOrder } from './plan'

/**
 * Sets an order's status. A rider moves its own orders along and cancels none: that ends somebody's wait for good,
 * and is the backend's to decide.
 * @throws ZltError `order_not_found`, `forbidden`, `illegal_transition` with `allowed`, `idempotency_conflict`
 */
export function moveOrder(
  { store, now }: Pick<AuthDeps, 'store' | 'now'>,
  claims: Claims,
  id: string,
  status: OrderStatus,
  key: string | undefined,
): Promise<Order> {
  const nowMs = now()
  const change = (order: Order) => {
    requireVisible(claims, order)
    const allowed = allowedMoves(order).filter((move) => mayMoveTo(claims, move))
    if (!mayMoveTo(claims, status)) {
      throw new ZltError('forbidden', 'a rider does not cancel an order', { members: { allowed } })
    }
    const next = moved(order, status, nowMs)
    if (next !== 'illegal') return next
    throw new ZltError('illegal_transition', explain(order, status), { members: { allowed } })
  }
  return store.write((tx) =>
    doOnce(tx, claims, { key, request: ['status', id, status] }, nowMs, async () => {
      const order = await changeOrder(store, tx, id, change, nowMs)
      if (!order) throw orderNotFound()
      return order
    }),
  )
}

function mayMoveTo(claims: Claims, status: OrderStatus): boolean {
  return claims.role !== 'DELIVERY_PARTNER' || status !== 'cancelled'
}

function explain(order: Order, status: OrderStatus): string {
  if (status === 'assigned') return 'to assign an order, POST its partner_id to /orders/{id}/assign'
  return `the order is ${order.status} and cannot become ${status} from there`
}
