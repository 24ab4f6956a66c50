import type { RouteProvider, Unavailable } from '../../ports/routes'
import { unavailable } from './answers'
import { endedAnswer } from './child-abort'

export interface LimitOptions {
  /** Requests under way at the same time. */
  underWay: number
  /** Requests that wait for one of those to end; more are answered `busy`. */
  waiting: number
}

/** Bounds what an engine is asked at once: a restart with thousands of orders must not be its end. First come, first served. */
export function withLimit(next: RouteProvider, { underWay, waiting }: LimitOptions): RouteProvider {
  let running = 0
  const queue = new Set<() => void>()

  /** Undefined once there is a place. */
  const enter = (signal: AbortSignal | undefined): Unavailable | undefined | Promise<Unavailable | undefined> => {
    if (signal?.aborted === true) return endedAnswer(signal)
    if (running < underWay) {
      running++
      return undefined
    }
    if (queue.size >= waiting) return unavailable('busy', `${running} under way, ${queue.size} waiting`)
    return new Promise((resolve) => {
      const leave = (): void => {
        queue.delete(take)
        if (signal !== undefined) resolve(endedAnswer(signal))
      }
      const take = (): void => {
        queue.delete(take)
        signal?.removeEventListener('abort', leave)
        resolve(undefined)
      }
      queue.add(take)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** Hands the place to whoever waits longest, so `running` stays as it is. */
  const leavePlace = (): void => {
    const [first] = queue
    if (first === undefined) running--
    else first()
  }

  return {
    async route(request, signal) {
      const refused = await enter(signal)
      if (refused !== undefined) return refused
      try {
        return await next.route(request, signal)
      } finally {
        leavePlace()
      }
    },
    close: () => next.close(),
  }
}
