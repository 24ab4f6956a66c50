/** `Idempotency-Key`: a request that is sent again under its key is answered again, and done once. */

import type { Claims } from '../domain/audience'
import type { Order } from '../domain/order'
import { ZltError } from '../errors'
import type { Tx } from '../store/database'
import { claimKey, keepAnswer } from '../store/idempotency'

/** A request with its key; without a key nothing is kept. */
export interface Attempt {
  key: string | undefined
  /** What is asked, whole: another request under the same key is refused. */
  request: readonly unknown[]
}

/**
 * Does `work` within `tx`, unless the caller has had it done under this key in the last 24 h: then the order is
 * returned as it was answered. A failure is not kept, since it rolls back the key as well.
 * @throws ZltError `idempotency_conflict`
 */
export async function doOnce(
  tx: Tx,
  claims: Claims,
  attempt: Attempt,
  nowMs: number,
  work: () => Promise<Order>,
): Promise<Order> {
  const { key } = attempt
  if (key === undefined) return work()
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify(attempt.request)).digest('hex')
  const kept = await claimKey(tx, claims.sub, key, hash, nowMs)
  if (kept === undefined) {
    const order = await work()
    await keepAnswer(tx, claims.sub, key, order.id, JSON.stringify(order))
    return order
  }
  if (kept.requestHash !== hash) {
    throw new ZltError('idempotency_conflict', 'this Idempotency-Key was used for another request; make a new one')
  }
  if (kept.answer === null) {
    throw new ZltError('idempotency_conflict', 'the order of this Idempotency-Key has been forgotten')
  }
  return JSON.parse(kept.answer) as Order
}

/** Reads the header: 1–255 visible characters of ASCII. @throws ZltError `invalid_parameter` */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header !== undefined && !/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new ZltError('invalid_parameter', 'an Idempotency-Key is 1–255 visible ASCII characters')
  }
  return header
}
