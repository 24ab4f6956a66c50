/** Tokens that are good for one order: what a company gives to its customers and riders. */

import type { Claims, Role } from '../domain/audience'
import { AFTER_END_MS } from '../domain/order'
import { ZltError } from '../errors'
import { MAX_TTL_S } from '../http/authenticate'
import { findOrder } from '../store/orders'
import type { AuthDeps } from './deps'
import type { TokenAnswer } from './log-in'
import { mintToken } from './mint'
import { orderNotFound, requireVisible } from './order-access'

/**
 * Mints a token that names one order. Without `ttlS` it lives as long as the order can be opened: 24 h, and no longer
 * than 30 min after the end; while the order goes on its end is not known, but then every node refuses it by the fact.
 * @throws ZltError `order_not_found` (also once it can be opened no more), `forbidden`
 */
export async function mintOrderToken(
  { store, keys, issuer, now }: Pick<AuthDeps, 'store' | 'keys' | 'issuer' | 'now'>,
  claims: Claims,
  id: string,
  grant: { role: Role; sub: string; ttlS?: number | undefined },
): Promise<TokenAnswer> {
  // Otherwise its bearer could go on for ever by having it copied before it ends.
  if (claims.orders !== undefined) throw new ZltError('forbidden', 'a token that names orders mints no other')
  const order = requireVisible(claims, await store.read((tx) => findOrder(tx, id)))
  const nowMs = now()
  const openMs = order.ended_at_ms === undefined ? Number.POSITIVE_INFINITY : order.ended_at_ms + AFTER_END_MS - nowMs
  const openS = Math.min(MAX_TTL_S, Math.floor(openMs / 1000))
  if (openS < 1) throw orderNotFound()
  const ttlS = Math.min(grant.ttlS ?? MAX_TTL_S, openS)
  const { role, sub } = grant
  const accessToken = await mintToken(keys, { sub, role, orders: [id], ttlS, issuer }, nowMs)
  return { access_token: accessToken, token_type: 'Bearer', expires_in: ttlS }
}
