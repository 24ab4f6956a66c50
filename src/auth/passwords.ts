/** Passwords: argon2id as OWASP advises (m = 19 MiB, t = 2, p = 1), some 50 ms each, off the loop's thread. */

import { ZltError } from '../errors'

const ARGON2ID = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
/** The hash of a random text nobody kept: what an unknown user's password is tried against. */
const NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1$8PElPMbQYOoLDV0eHUC8V/gBkbO9FxoWt1EVts1K6aE$hTc/s2WIgy/VK3g5u2M1uX6spUZ9utRtgceaZqCCZLM'

/**
 * Hashes and verifies, a few at a time. What waits is bounded: a flood of logins must cost its senders an error, and
 * not everybody else the machine.
 */
export class Passwords {
  readonly #slots: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #busy = 0

  constructor({ slots = 2, maxWaiting = 32 }: { slots?: number; maxWaiting?: number } = {}) {
    this.#slots = slots
    this.#maxWaiting = maxWaiting
  }

  /** @throws ZltError `too_many_requests` */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => Bun.password.hash(password, ARGON2ID))
  }

  /**
   * Whether the password is the one that was hashed. Null, for somebody who has none or is not known, is false
   * after the same work, so that the time tells nobody which names exist.
   * @throws ZltError `too_many_requests`
   */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const same = await this.#inTurn(() => Bun.password.verify(password, hash ?? NOBODY))
    return same && hash !== null
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#slots) {
      this.#busy += 1
    } else {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new ZltError('too_many_requests', 'too many passwords are being checked', { retryAfterMs: 1_000 })
      }
      // Whoever ends hands its slot on, so `#busy` stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#busy -= 1
      else next()
    }
  }
}
