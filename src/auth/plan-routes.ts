/** The routes of riders' plans. */

import type { Handlers } from '../http/app'
import type { AuthDeps } from './deps'
import { orderFor } from './order-access'
import { readBody } from './read-body'
import { getPlan, setPlan } from './rider-plan'
import { unnarrowed } from './unnarrowed'

/** Makes the handlers of `/partners/:id/plan`. */
export function planHandlers(deps: AuthDeps): Pick<Handlers, 'getPlan' | 'setPlan'> {
  const { relay } = deps
  return {
    getPlan: unnarrowed(async (c) => {
      const claims = c.get('claims')
      const orders = await getPlan(deps, claims, c.req.param('id'))
      return c.json({ items: orders.map((order) => orderFor(claims, order)) })
    }),
    setPlan: unnarrowed(async (c) => {
      const { order_ids } = await readBody(c, 'PlanBody', deps.maxBodyBytes)
      const orders = await setPlan(deps, c.req.param('id'), order_ids)
      relay.kick()
      const items = orders.map((order) => orderFor(c.get('claims'), order))
      // All of them, not only those changed now: this may be the repetition of a request that was answered 202.
      const published = await Promise.all(orders.map(({ id, rev }) => relay.published(id, rev)))
      return published.every(Boolean) ? c.json({ items }, 200) : c.json({ items, published: false }, 202)
    }),
  }
}
