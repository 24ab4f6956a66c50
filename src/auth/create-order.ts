/** Creating an order. */

import type { Claims } from '../domain/audience'
import { createOrder as newOrder, type Order, type OrderInput } from '../domain/order'
import { ZltError } from '../errors'
import { findOrder, insertOrder } from '../store/orders'
import type { AuthDeps } from './deps'
import { doOnce } from './idempotent'

/** What a caller may say of a new order; without `id` it is given one. */
export type NewOrder = OrderInput & { id?: string }

/**
 * Creates an order.
 * @throws ZltError `forbidden`, `order_exists`, `log_unavailable` (the id's former order is not yet gone from the log),
 * `idempotency_conflict`
 */
export function createOrder(
  { store, now }: Pick<AuthDeps, 'store' | 'now'>,
  claims: Claims,
  input: NewOrder,
  key: string | undefined,
): Promise<Order> {
  if (claims.orders !== undefined && (input.id === undefined || !claims.orders.includes(input.id))) {
    throw new ZltError('forbidden', 'this token is good for the orders it names and creates no other')
  }
  const nowMs = now()
  return store.write((tx) =>
    doOnce(tx, claims, { key, request: ['create', input] }, nowMs, async () => {
      const { id = Bun.randomUUIDv7(), ...rest } = input
      const order = newOrder(id, rest, nowMs)
      const outcome = await insertOrder(tx, order, nowMs)
      if (outcome === 'taken') throw new ZltError('order_exists', `there is an order ${id}`)
      if (outcome === 'forgetting') {
        throw new ZltError('log_unavailable', `the former order ${id} is being forgotten; try again in a moment`)
      }
      // Its `rev` is above that of a forgotten order's stub.
      return (await findOrder(tx, id)) ?? order
    }),
  )
}
