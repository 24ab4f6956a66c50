import type { RouteProvider } from '../../ports/routes'
import { type ChildAbort, childAbort } from './child-abort'

/** Answers `unavailable` after `deadlineMs` at the latest, also where `next` does not heed its signal. */
export function withDeadline(next: RouteProvider, deadlineMs: number): RouteProvider {
  const underWay = new Set<ChildAbort>()
  return {
    async route(request, signal) {
      const child = childAbort(signal)
      underWay.add(child)
      const timer = setTimeout(() => child.abort('timeout'), deadlineMs)
      try {
        return await Promise.race([next.route(request, child.signal), child.ended])
      } finally {
        clearTimeout(timer)
        underWay.delete(child)
        child.release()
      }
    },
    async close() {
      // Also those that wait inside of us for their turn, of which the engine knows nothing yet.
      for (const child of underWay) child.abort('closed')
      await next.close()
    },
  }
}
