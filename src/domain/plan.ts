/** Where a rider still has to go for an order, in sequence. Pure. */

import type { Point } from './geo'
import { type Order, placesLeft } from './order'

export interface Plan {
  /** Another key is another way to go. */
  key: string
  via: Point[]
  to: Point
}

/** Plans by order: an order is never changed in place, so neither is its plan. */
const plans = new WeakMap<Order, Plan>()

/** The plan of an order; undefined while it has no drop. */
export function planOf(order: Order): Plan | undefined {
  if (order.drop === undefined) return undefined
  let plan = plans.get(order)
  if (plan === undefined) {
    plan = makePlan(order, order.drop)
    plans.set(order, plan)
  }
  return plan
}

/** The stops of other orders come first, then the pickup while it is not done, then this order's own, then the drop. */
function makePlan(order: Order, drop: Point): Plan {
  const isPickedUp = order.status === 'picked_up'
  const via = [...(order.before ?? []), ...placesLeft(order).slice(0, -1)]
  const names = [...via, drop].map(({ lat, lng }) => `${lat.toFixed(5)},${lng.toFixed(5)}`)
  const key = `${isPickedUp ? 'drop' : 'pickup'} ${names.join(' ')}`
  return { key, via, to: { lat: drop.lat, lng: drop.lng } }
}
