/** How often somebody may guess: a token bucket for each pair of username and address, in memory. */

import { ZltError } from '../errors'

/** Failed logins that a full bucket allows at once. */
const BURST = 10
/** After that, one more each. */
const REFILL_MS = 6_000
const MAX_BUCKETS = 10_000

interface Bucket {
  tokens: number
  filledAtMs: number
}

/**
 * Ten wrong passwords at once and then one every 6 s, for one username from one address. Others with the same name
 * elsewhere, or behind the same address with another name, are not held up. Each process counts for itself.
 */
export class LoginLimit {
  readonly #buckets = new Map<string, Bucket>()

  /** Takes one try. @throws ZltError `too_many_requests` with the time until the next */
  take(usernameKey: string, address: string, nowMs: number): void {
    const key = `${address} ${usernameKey}`
    const known = this.#buckets.get(key) ?? { tokens: BURST, filledAtMs: nowMs }
    const refilled = known.tokens + Math.max(0, nowMs - known.filledAtMs) / REFILL_MS
    const bucket = { tokens: Math.min(BURST, refilled), filledAtMs: nowMs }
    // Moved to the end: what is dropped when the map is full was not used for the longest time.
    this.#buckets.delete(key)
    if (this.#buckets.size >= MAX_BUCKETS)
      for (const oldest of this.#buckets.keys()) if (this.#buckets.delete(oldest)) break
    this.#buckets.set(key, bucket)
    if (bucket.tokens < 1) {
      const retryAfterMs = Math.ceil((1 - bucket.tokens) * REFILL_MS)
      throw new ZltError('too_many_requests', 'too many failed logins for this name from this address', {
        retryAfterMs,
      })
    }
    bucket.tokens -= 1
  }

  /** Gives a try back: the password was right. */
  giveBack(usernameKey: string, address: string): void {
    const bucket = this.#buckets.get(`${address} ${usernameKey}`)
    if (bucket !== undefined) bucket.tokens = Math.min(BURST, bucket.tokens + 1)
  }
}
