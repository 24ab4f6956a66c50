import type { RouteAnswer, RouteProvider } from '../../ports/routes'
import { requestKey } from './request-key'

export interface CacheOptions {
  /** The most answers kept; the one not used for longest goes first. */
  entries?: number
  /** How long a route is good: traffic changes sooner than streets. */
  routeTtlMs?: number
  /** How long there is no route: a mended map should show soon. */
  noRouteTtlMs?: number
  /** A clock that never goes back, in ms. */
  nowMs?: () => number
}

/**
 * Remembers routes, and that there is none; never that nobody could say.
 *
 * Places are rounded to 11 m, so a route may begin that much beside where it was asked: adapters leave room for it within
 * `ROUTE_REACH_M`.
 */
export function withCache(next: RouteProvider, options: CacheOptions = {}): RouteProvider {
  const { entries = 2_000, routeTtlMs = 600_000, noRouteTtlMs = 60_000, nowMs = () => performance.now() } = options
  const kept = new Map<string, { answer: RouteAnswer; untilMs: number }>()

  const keep = (key: string, answer: RouteAnswer): void => {
    if (answer.kind === 'unavailable') return
    kept.delete(key)
    kept.set(key, { answer, untilMs: nowMs() + (answer.kind === 'route' ? routeTtlMs : noRouteTtlMs) })
    const [oldest] = kept.keys()
    if (kept.size > entries && oldest !== undefined) kept.delete(oldest)
  }

  return {
    async route(request, signal) {
      const key = requestKey(request)
      const found = kept.get(key)
      kept.delete(key)
      if (found !== undefined && nowMs() < found.untilMs) {
        // Last in the map is last to go.
        kept.set(key, found)
        return found.answer
      }
      const answer = await next.route(request, signal)
      keep(key, answer)
      return answer
    },
    close: () => next.close(),
  }
}
