/** Giving an order to a rider. */

import type { Claims } from '../domain/audience'
import { assignOrder as assigned, type Order } from '../domain/order'
import { ZltError } from '../errors'
import { findUser } from '../store/accounts'
import type { AuthDeps } from './deps'
import { doOnce } from './idempotent'
import { orderNotFound, requireVisible } from './order-access'
import { changeOrder } from './plan'

/**
 * Assigns an order, or hands it over. The rider may be nobody we know, since a company may mint its riders' tokens
 * itself; a user of ours must be a rider.
 * @throws ZltError `order_not_found`, `illegal_transition`, `not_a_partner`, `idempotency_conflict`
 */
export function assignOrder(
  { store, now }: Pick<AuthDeps, 'store' | 'now'>,
  claims: Claims,
  id: string,
  partnerId: string,
  key: string | undefined,
): Promise<Order> {
  const nowMs = now()
  return store.write((tx) =>
    doOnce(tx, claims, { key, request: ['assign', id, partnerId] }, nowMs, async () => {
      const partner = await findUser(tx, partnerId)
      if (partner !== undefined && partner.role !== 'DELIVERY_PARTNER') {
        throw new ZltError('not_a_partner', `the user ${partnerId} has the role ${partner.role}`)
      }
      const change = (order: Order, others: readonly Order[]) => {
        const lastAssignment = Math.max(0, ...others.map(({ assignment }) => assignment))
        const next = assigned(requireVisible(claims, order), partnerId, nowMs, lastAssignment)
        if (next !== 'illegal') return next
        const detail = `the order is ${order.status} and can be assigned no more`
        throw new ZltError('illegal_transition', detail, { members: { allowed: [] } })
      }
      const order = await changeOrder(store, tx, id, change, nowMs, partnerId)
      if (!order) throw orderNotFound()
      return order
    }),
  )
}
