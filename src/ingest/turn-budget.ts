/** Keeps fixes from having the one thread for themselves: so many milliseconds in each turn of the event loop. */

import { ZltError } from '../errors'

/** In a turn longer than this, riders are refused: frames, handshakes and everybody else's requests wait for its end. */
const TURN_BUDGET_MS = 100
/** About as long as a burst lasts; phones keep their fixes meanwhile and send them together. */
const RETRY_AFTER_MS = 2_000

/**
 * Tells whether this turn of the event loop has time left.
 *
 * Under more load than the machine can take, a turn finds hundreds of requests ready at once. Read and parsed one after
 * the other they would hold up viewers for seconds, while refusing one costs next to nothing.
 */
export class TurnBudget {
  #startedMs: number | undefined

  /** Call it before a request is read. @throws ZltError `overloaded` when the turn's time is used up */
  spend(): void {
    const nowMs = performance.now()
    if (this.#startedMs === undefined) {
      this.#startedMs = nowMs
      // Runs when all that was ready in this turn has been seen to.
      setImmediate(() => {
        this.#startedMs = undefined
      })
    } else if (nowMs - this.#startedMs > TURN_BUDGET_MS) {
      throw new ZltError('overloaded', 'more fixes come in than can be taken; send this again in a moment', {
        retryAfterMs: RETRY_AFTER_MS,
      })
    }
  }
}
