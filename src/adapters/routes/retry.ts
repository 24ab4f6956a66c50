import { setTimeout as sleep } from 'node:timers/promises'
import type { RouteAnswer, RouteProvider } from '../../ports/routes'

export interface RetryOptions {
  /** The wait before the second try is drawn from these, so that many do not come back at once. */
  minWaitMs?: number
  maxWaitMs?: number
  /** In [0, 1). */
  random?: () => number
}

/** Asks once more after a broken connection or an engine's own failure: those pass. All else is answered the same again. */
export function withRetry(next: RouteProvider, options: RetryOptions = {}): RouteProvider {
  const { minWaitMs = 20, maxWaitMs = 100, random = Math.random } = options
  return {
    async route(request, signal) {
      const first = await next.route(request, signal)
      if (!isWorthAnother(first)) return first
      try {
        await sleep(minWaitMs + random() * (maxWaitMs - minWaitMs), undefined, signal && { signal })
      } catch {
        return first
      }
      return next.route(request, signal)
    },
    close: () => next.close(),
  }
}

function isWorthAnother(answer: RouteAnswer): boolean {
  return answer.kind === 'unavailable' && (answer.reason === 'network' || answer.reason === 'server_error')
}
