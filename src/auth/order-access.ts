/** Which orders a caller may touch, and what of an order it is shown. One that is not its own does not exist for it. */

import { audienceOf, type Claims, projectOrder } from '../domain/audience'
import { isId } from '../domain/id'
import type { Order } from '../domain/order'
import { ZltError } from '../errors'
import type { OrderFilter } from '../store/orders'

/** The answer for an order that does not exist and for one that is not the caller's: nobody can tell which. */
export function orderNotFound(): ZltError {
  return new ZltError('order_not_found', 'there is no such order, or it is not yours')
}

/** The order, if the caller may see it. @throws ZltError `order_not_found` */
export function requireVisible(claims: Claims, order: Order | undefined): Order {
  if (order === undefined || audienceOf(claims, order.id, order) === undefined) throw orderNotFound()
  return order
}

/** The id of a path, if it can be an order's. @throws ZltError `order_not_found` */
export function requireOrderId(id: string | undefined): string {
  if (!isId(id)) throw orderNotFound()
  return id
}

/**
 * The order as the caller may have it: a backend the whole, a rider and a customer what their audience sees
 * (`domain/audience.ts`), with their own id in it.
 */
export function orderFor(claims: Claims, order: Order): Record<string, unknown> {
  const audience = audienceOf(claims, order.id, order)
  if (audience === undefined) throw orderNotFound()
  if (audience === 'ops') return { ...order }
  const answer: Record<string, unknown> = { id: order.id, ...projectOrder(order, audience) }
  if (order.partner_id === claims.sub) answer.partner_id = claims.sub
  if (order.customer_id === claims.sub) answer.customer_id = claims.sub
  if (order.ended_at_ms !== undefined) answer.ended_at_ms = order.ended_at_ms
  return answer
}

/** Narrows a list to what the caller may see; each row still has to pass `requireVisible`. */
export function listFilterOf(claims: Claims): OrderFilter {
  if (claims.orders !== undefined) return { ids: claims.orders }
  if (claims.role === 'DELIVERY_PARTNER') return { partnerId: claims.sub }
  return claims.role === 'CUSTOMER' ? { customerId: claims.sub } : {}
}
