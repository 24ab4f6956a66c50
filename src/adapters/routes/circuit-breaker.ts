import type { RouteAnswer, RouteProvider, UnavailableReason } from '../../ports/routes'
import { unavailable } from './answers'

export type BreakerState = 'closed' | 'open' | 'half_open'

export interface BreakerOptions {
  /** Failures in a row that open it. */
  failures?: number
  /** How long it stays open the first time; each probe that fails doubles it, up to `longestOpenMs`. */
  openMs?: number
  longestOpenMs?: number
  /** A clock that never goes back, in ms. */
  nowMs?: () => number
  onState?: (state: BreakerState) => void
}

/** These say nothing of the engine: the caller gave up, or we did not ask. */
const NO_VERDICT = new Set<UnavailableReason>(['aborted', 'closed', 'busy', 'broken'])

/**
 * Stops asking an engine that does not answer: an outage then costs a viewer nothing, and the engine is left to recover.
 *
 * Open, it answers `broken` with the time until the next probe; then a single request is let through, whose answer closes
 * it or opens it for longer. An engine that says 429 is left alone at once, for as long as it says.
 */
export function withCircuitBreaker(next: RouteProvider, options: BreakerOptions = {}): RouteProvider {
  const breaker = new Breaker(options)
  return {
    async route(request, signal) {
      const leave = breaker.enter()
      if (typeof leave === 'number') return unavailable('broken', 'the breaker is open', leave)
      const answer = await next.route(request, signal)
      leave(answer)
      return answer
    },
    close: () => next.close(),
  }
}

class Breaker {
  #state: BreakerState = 'closed'
  #failures = 0
  #openMs = 0
  #openUntilMs = 0
  /** Rises with each change of state: what was asked before one says nothing after it. */
  #generation = 0
  readonly #options: Required<BreakerOptions>

  constructor(options: BreakerOptions) {
    this.#options = {
      failures: 5,
      openMs: 5_000,
      longestOpenMs: 60_000,
      nowMs: () => performance.now(),
      onState: () => {},
      ...options,
    }
    this.#openMs = this.#options.openMs
  }

  /** What to call with the answer; or, where nobody may ask now, in how many ms to try again. */
  enter(): ((answer: RouteAnswer) => void) | number {
    const leftMs = this.#openUntilMs - this.#options.nowMs()
    if (this.#state === 'half_open') return Math.max(leftMs, this.#options.openMs / 5)
    if (this.#state === 'open') {
      if (leftMs > 0) return leftMs
      this.#become('half_open')
    }
    const generation = this.#generation
    return (answer) => {
      if (generation === this.#generation) this.#judge(answer)
    }
  }

  #judge(answer: RouteAnswer): void {
    if (answer.kind !== 'unavailable') {
      this.#failures = 0
      this.#openMs = this.#options.openMs
      if (this.#state !== 'closed') this.#become('closed')
    } else if (NO_VERDICT.has(answer.reason)) {
      // A probe that told nothing: the next request is the probe.
      if (this.#state === 'half_open') this.#open(0)
    } else if (answer.reason === 'rate_limited') {
      this.#open(answer.retryAfterMs)
    } else if (this.#state === 'half_open') {
      this.#openMs = Math.min(2 * this.#openMs, this.#options.longestOpenMs)
      this.#open(this.#openMs)
    } else if (++this.#failures >= this.#options.failures) {
      this.#open(this.#openMs)
    }
  }

  #open(forMs: number): void {
    this.#failures = 0
    this.#openUntilMs = this.#options.nowMs() + forMs
    this.#become('open')
  }

  #become(state: BreakerState): void {
    this.#state = state
    this.#generation++
    this.#options.onState(state)
  }
}
