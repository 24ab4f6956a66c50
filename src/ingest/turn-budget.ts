/** Keeps fixes from having the one thread for themselves: so many bytes of them in each turn of the event loop. */

import { ZltError } from '../errors'

/**
 * About a tenth of a second's parsing. Counted in bytes, not in time: a turn that was long for another reason must not
 * have anybody refused.
 */
const TURN_BYTES = 2 * 1024 * 1024
/** What a request counts for that does not say how long it is. */
const UNDECLARED_BYTES = 64 * 1024
/** About as long as a burst lasts; phones keep their fixes meanwhile and send them together. */
const RETRY_AFTER_MS = 2_000

/**
 * Tells whether this turn of the event loop may take another request.
 *
 * Under more load than the machine can take, a turn finds hundreds of requests ready at once. Read and parsed one after
 * the other they would hold up viewers for seconds, while refusing one costs next to nothing.
 */
export class TurnBudget {
  #spentBytes = 0

  /** @param maxBytes what a request may have at most: beyond it is refused unread, whatever length it declares */
  constructor(private readonly maxBytes: number) {}

  /** Call it before the request is read. @throws ZltError `overloaded` when the turn has taken its share */
  spend(request: Request): void {
    if (this.#spentBytes > TURN_BYTES) {
      throw new ZltError('overloaded', 'more fixes come in than can be taken; send this again in a moment', {
        retryAfterMs: RETRY_AFTER_MS,
      })
    }
    // Runs when all that was ready in this turn has been seen to.
    if (this.#spentBytes === 0) setImmediate(() => this.#reset())
    const declared = Number(request.headers.get('content-length') ?? UNDECLARED_BYTES)
    this.#spentBytes += declared <= this.maxBytes ? declared : 0
  }

  #reset(): void {
    this.#spentBytes = 0
  }
}
