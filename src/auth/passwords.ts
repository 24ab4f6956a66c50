/** Passwords: argon2id as OWASP advises (m = 19 MiB, t = 2, p = 1), some 50 ms each, off the loop's thread. */

import { ZltError } from '../errors'

const ARGON2ID = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
/** The hash of a random text nobody kept: what an unknown user's password is tried against. */
const NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1$8PElPMbQYOoLDV0eHUC8V/gBkbO9FxoWt1EVts1K6aE$hTc/s2WIgy/VK3g5u2M1uX6spUZ9utRtgceaZqCCZLM'

interface Waiting {
  asker: string
  start(): void
  refuse(error: ZltError): void
}

/**
 * Hashes and verifies, a few at a time. What waits is bounded: a flood of logins must cost its senders an error, and
 * not everybody else the machine. Nor their turn: when the queue is full, whoever has most in it makes room for whoever
 * has less.
 */
export class Passwords {
  readonly #slots: number
  readonly #maxWaiting: number
  readonly #waiting: Waiting[] = []
  #busy = 0

  constructor({ slots = 2, maxWaiting = 32 }: { slots?: number; maxWaiting?: number } = {}) {
    this.#slots = slots
    this.#maxWaiting = maxWaiting
  }

  /**
   * @param asker whose requests share a place in the queue
   * @throws ZltError `too_many_requests`
   */
  hash(password: string, asker = ''): Promise<string> {
    return this.#inTurn(asker, () => Bun.password.hash(password, ARGON2ID))
  }

  /**
   * Whether the password is the one that was hashed. Null, for somebody who has none or is not known, is false
   * after the same work, so that the time tells nobody which names exist.
   * @param asker whose requests share a place in the queue: a client's address
   * @throws ZltError `too_many_requests`
   */
  async verify(password: string, hash: string | null, asker = ''): Promise<boolean> {
    const same = await this.#inTurn(asker, () => Bun.password.verify(password, hash ?? NOBODY))
    return same && hash !== null
  }

  async #inTurn<T>(asker: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#slots) {
      this.#busy += 1
    } else {
      if (this.#waiting.length >= this.#maxWaiting) this.#makeRoomFor(asker)
      // Whoever ends hands its slot on, so `#busy` stays.
      await new Promise<void>((start, refuse) => this.#waiting.push({ asker, start, refuse }))
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#busy -= 1
      else next.start()
    }
  }

  /** Refuses the newest of whoever has the most waiting. @throws ZltError when that would be the newcomer */
  #makeRoomFor(asker: string): void {
    const counts = new Map<string, number>([[asker, 1]])
    for (const waiting of this.#waiting) counts.set(waiting.asker, (counts.get(waiting.asker) ?? 0) + 1)
    const most = Math.max(...counts.values())
    if (counts.get(asker) === most) throw tooMany()
    const last = this.#waiting.findLastIndex((waiting) => counts.get(waiting.asker) === most)
    this.#waiting.splice(last, 1)[0]?.refuse(tooMany())
  }
}

function tooMany(): ZltError {
  return new ZltError('too_many_requests', 'too many passwords are being checked', { retryAfterMs: 1_000 })
}
