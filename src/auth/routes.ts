/** The routes of the control plane: each reads its request, calls one use case and renders the answer. */

import type { Context } from 'hono'
import type { Order, OrderInput } from '../domain/order'
import { ORDER_STATUSES, type OrderStatus } from '../domain/view'
import { ZltError } from '../errors'
import type { Env, Handlers } from '../http/app'
import type { SchemaName } from '../http/schemas'
import { assignOrder } from './assign-order'
import { createOrder, type NewOrder } from './create-order'
import type { AuthDeps } from './deps'
import { editOrder } from './edit-order'
import { forgetOrder } from './forget-order'
import { parseIdempotencyKey } from './idempotent'
import { getOrder, listOrders } from './list-orders'
import { logIn } from './log-in'
import { mintOrderToken } from './mint-order-token'
import { moveOrder } from './move-order'
import { orderFor, requireOrderId } from './order-access'
import { parsePage } from './paging'
import { planHandlers } from './plan-routes'
import { readBody } from './read-body'
import { userHandlers } from './user-routes'

/** Makes the handlers of all operations that the service `auth` has in `ROUTES`. */
export function authHandlers(deps: AuthDeps): Handlers {
  const { relay } = deps
  const claimsOf = (c: Context<Env>) => c.get('claims')
  const orderId = (c: Context<Env>) => requireOrderId(c.req.param('id'))
  const key = (c: Context<Env>) => parseIdempotencyKey(c.req.header('idempotency-key'))
  const body = <N extends SchemaName>(c: Context<Env>, name: N) => readBody(c, name, deps.maxBodyBytes)

  /** Answers a write once every node is about to know of it, else 202: it is stored, and will be published. */
  async function answerChanged(c: Context<Env>, order: Order, status: 200 | 201): Promise<Response> {
    relay.kick()
    const answer = orderFor(claimsOf(c), order)
    if (await relay.published(order.id, order.rev)) return c.json(answer, status)
    return c.json({ ...answer, published: false }, 202)
  }

  return {
    ...userHandlers(deps),
    ...planHandlers(deps),

    login: async (c) => noStore(c.json(await logIn(deps, await body(c, 'LoginBody'), deps.addressOf(c)))),
    getMe: (c) => {
      const { sub, role, orders, exp } = claimsOf(c)
      return noStore(c.json({ sub, role, ...(orders && { orders }), expires_at_ms: exp * 1000 }))
    },
    getJwks: (c) => {
      // Shorter than the verifiers' own 30 s between looks, so that caches add nothing to a rotation.
      c.header('cache-control', 'public, max-age=15')
      return c.json(deps.keys.jwks())
    },

    createOrder: async (c) => {
      const input = (await body(c, 'OrderInput')) as NewOrder
      return answerChanged(c, await createOrder(deps, claimsOf(c), input, key(c)), 201)
    },
    listOrders: async (c) => {
      const page = parsePage(c.req.query('limit'), c.req.query('cursor'))
      const status = parseStatus(c.req.query('status'))
      return noStore(c.json(await listOrders(deps, claimsOf(c), page, status)))
    },
    getOrder: async (c) => noStore(c.json(orderFor(claimsOf(c), await getOrder(deps, claimsOf(c), orderId(c))))),
    patchOrder: async (c) => {
      const id = orderId(c)
      const patch = (await body(c, 'OrderPatch')) as OrderInput
      return answerChanged(c, await editOrder(deps, claimsOf(c), id, patch), 200)
    },
    forgetOrder: async (c) => {
      const id = orderId(c)
      const rev = await forgetOrder(deps, claimsOf(c), id)
      relay.kick()
      await relay.published(id, rev)
      return c.body(null, 204)
    },
    assignOrder: async (c) => {
      const id = orderId(c)
      const { partner_id } = await body(c, 'AssignBody')
      return answerChanged(c, await assignOrder(deps, claimsOf(c), id, partner_id, key(c)), 200)
    },
    setOrderStatus: async (c) => {
      const id = orderId(c)
      const { status } = await body(c, 'StatusBody')
      return answerChanged(c, await moveOrder(deps, claimsOf(c), id, status, key(c)), 200)
    },
    mintOrderToken: async (c) => {
      const id = orderId(c)
      const { role, sub, ttl_s } = await body(c, 'OrderTokenBody')
      return noStore(c.json(await mintOrderToken(deps, claimsOf(c), id, { role, sub, ttlS: ttl_s }), 201))
    },
  }
}

/** Marks an answer that is one caller's alone. */
function noStore(response: Response): Response {
  response.headers.set('cache-control', 'no-store')
  return response
}

function parseStatus(text: string | undefined): OrderStatus | undefined {
  if (text === undefined) return undefined
  const status = ORDER_STATUSES.find((known) => known === text)
  if (status === undefined) throw new ZltError('invalid_parameter', `there is no status ${text.slice(0, 64)}`)
  return status
}
