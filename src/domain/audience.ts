/** Who sees what of an order: one table, audience × field. Data not allowed never leaves the process that has it. */

import { hasEnded, type Order } from './order'
import type { OrderPart, PositionPart } from './view'

/** The four roles of the system. */
export const ROLES = ['ADMIN', 'DELIVERY_PARTNER', 'CUSTOMER', 'INTERNAL_SERVICE'] as const
export type Role = (typeof ROLES)[number]

/** As whom somebody looks at an order. */
export const AUDIENCES = ['customer', 'rider', 'ops'] as const
export type Audience = (typeof AUDIENCES)[number]

/** What a verified token says of its bearer. */
export interface Claims {
  sub: string
  role: Role
  sid?: string
  /** When present, the token is good for these orders and nothing else. */
  orders?: readonly string[]
  /** Epoch seconds (RFC 7519). */
  exp: number
}

/** The order's fields beyond those that everybody gets, per audience. */
const EXTRA_FIELDS: Record<Audience, readonly (keyof Order)[]> = {
  customer: ['pickup', 'drop', 'vehicle', 'promised_ms'],
  rider: ['pickup', 'drop', 'stops', 'vehicle', 'promised_ms'],
  ops: ['pickup', 'drop', 'stops', 'vehicle', 'promised_ms', 'partner_id', 'customer_id'],
}

/** Fields of a position that an audience does not get. */
const HIDDEN_POSITION_FIELDS: Record<Audience, readonly (keyof PositionPart)[]> = { customer: [], rider: [], ops: [] }

/**
 * As whom the bearer may watch `order`; undefined when not at all.
 * @param order undefined when no table knows the id: then only a token that names it (a vouched order) may look
 */
export function audienceOf(claims: Claims, orderId: string, order: Order | undefined): Audience | undefined {
  if (order?.gone) return undefined
  if (claims.orders !== undefined) {
    if (!claims.orders.includes(orderId)) return undefined
    if (claims.role === 'DELIVERY_PARTNER') return !order || order.partner_id === claims.sub ? 'rider' : undefined
    return claims.role === 'CUSTOMER' ? 'customer' : 'ops'
  }
  if (!order) return undefined
  switch (claims.role) {
    case 'ADMIN':
    case 'INTERNAL_SERVICE':
      return 'ops'
    case 'DELIVERY_PARTNER':
      return order.partner_id === claims.sub ? 'rider' : undefined
    case 'CUSTOMER':
      return order.customer_id === claims.sub ? 'customer' : undefined
  }
}

/** The order part as `audience` may see it. */
export function projectOrder(order: Order, audience: Audience): OrderPart {
  const { rev, status, timeline, assignment, visible, stops_before } = order
  const part: Record<string, unknown> = { rev, status, timeline, assignment, visible, stops_before }
  for (const field of EXTRA_FIELDS[audience]) if (order[field] !== undefined) part[field] = order[field]
  return part as unknown as OrderPart
}

/** Whether anybody may be shown a position of this order now. */
export function mayShowPosition(order: Order): boolean {
  return order.visible && !order.gone && !hasEnded(order)
}

/** The position part as `audience` may see it. */
export function redactPosition(position: PositionPart, audience: Audience): PositionPart {
  const hidden = HIDDEN_POSITION_FIELDS[audience]
  if (hidden.length === 0) return position
  return Object.fromEntries(
    Object.entries(position).filter(([name]) => !hidden.includes(name as keyof PositionPart)),
  ) as PositionPart
}
