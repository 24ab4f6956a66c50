/** Which orders a fix is for: what the table says now, waiting a moment for an order it does not know yet. */

import type { Claims } from '../domain/audience'
import { isReserved } from '../domain/id'
import type { Order } from '../domain/order'
import { hasEnded } from '../domain/order'
import type { OrderTable } from '../tables/orders'

/** The table may be a moment behind the answer that told a rider of its order. */
export const PARK_MS = 250
/** More requests than this are not kept waiting: they get their 404 at once. */
export const MAX_PARKED = 1_000
/** A fix that names no order goes to at most so many. */
export const MAX_ORDERS_PER_FIX = 8

/** Where a fix goes. */
export interface Target {
  orderId: string
  assignment: number
  vouched: boolean
}

/** `not_yours` is the one answer for unknown and for foreign. */
export type Resolution = Target[] | 'not_yours'

export class OrderResolver {
  parked = 0

  constructor(private readonly orders: OrderTable) {}

  /** What the table says now of `orderId` (or of all the rider's orders) for this rider. */
  resolve(claims: Claims, orderId: string | undefined): Resolution {
    if (orderId !== undefined) return this.#named(claims, orderId)
    if (claims.orders !== undefined) {
      const targets: Target[] = []
      for (const id of claims.orders) {
        const found = this.#named(claims, id)
        if (found !== 'not_yours') targets.push(...found)
      }
      return targets.slice(0, MAX_ORDERS_PER_FIX)
    }
    return this.orders.visibleOf(claims.sub).slice(0, MAX_ORDERS_PER_FIX).map(targetOf)
  }

  /**
   * Waits until every one of `orderIds` is this rider's, or `PARK_MS` have passed since `startedMs` (performance.now):
   * the time does not tell unknown from foreign. Beyond `MAX_PARKED` nothing waits, and the table's word of now stands.
   */
  async park(claims: Claims, orderIds: readonly string[], startedMs: number): Promise<void> {
    if (this.parked >= MAX_PARKED) return
    this.parked += 1
    try {
      for (const id of orderIds) {
        while (this.resolve(claims, id) === 'not_yours') {
          const leftMs = startedMs + PARK_MS - performance.now()
          if (leftMs <= 0) return
          await this.orders.changed(id, leftMs)
        }
      }
    } finally {
      this.parked -= 1
    }
  }

  #named(claims: Claims, id: string): Resolution {
    const allowed = claims.orders === undefined || claims.orders.includes(id)
    if (!allowed || isReserved(id)) return 'not_yours'
    const order = this.orders.get(id)
    if (order === undefined)
      return claims.orders === undefined ? 'not_yours' : [{ orderId: id, assignment: 0, vouched: true }]
    if (order.gone || order.partner_id !== claims.sub) return 'not_yours'
    // Its own, but nobody may see the rider now: nothing is kept of it.
    return hasEnded(order) || !order.visible ? [] : [targetOf(order)]
  }
}

function targetOf(order: Order): Target {
  return { orderId: order.id, assignment: order.assignment, vouched: false }
}
