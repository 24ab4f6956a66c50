/** Forgetting an order: what the law calls erasure. */

import type { Claims } from '../domain/audience'
import { nextRev } from '../domain/order'
import { dropAnswersOf } from '../store/idempotency'
import type { AuthDeps } from './deps'
import { orderNotFound, requireVisible } from './order-access'
import { changeOrder } from './plan'

/**
 * Strips the row at once. Its null is published, which has every node drop track and trail; then a stub of the id alone,
 * for as long as tokens that name the order may live: they would vouch for it, and have its rider shown again.
 * Raw fixes stay in the log until its retention ends.
 * @returns the `rev` under which the null is published
 * @throws ZltError `order_not_found`
 */
export async function forgetOrder(
  { store, now }: Pick<AuthDeps, 'store' | 'now'>,
  claims: Claims,
  id: string,
): Promise<number> {
  const nowMs = now()
  return store.write(async (tx) => {
    let rev = 0
    const forgotten = await changeOrder(
      store,
      tx,
      id,
      (order) => {
        rev = nextRev(requireVisible(claims, order).rev, nowMs)
        return null
      },
      nowMs,
    )
    if (forgotten === undefined) throw orderNotFound()
    await dropAnswersOf(tx, id)
    return rev
  })
}
