import type { RouteAnswer, RouteProvider } from '../../ports/routes'
import { unavailable } from './answers'
import { type ChildAbort, childAbort, endedAnswer } from './child-abort'
import { requestKey } from './request-key'

interface Flight {
  answer: Promise<RouteAnswer>
  abort: ChildAbort
  passengers: number
}

/**
 * Asks once for all who ask the same at the same time.
 *
 * A caller whose signal aborts leaves alone; the request itself is given up when nobody is left to hear the answer.
 */
export function withSingleFlight(next: RouteProvider): RouteProvider {
  const flights = new Map<string, Flight>()

  const board = (key: string, start: (signal: AbortSignal) => Promise<RouteAnswer>): Flight => {
    const found = flights.get(key)
    if (found !== undefined) return found
    const abort = childAbort(undefined)
    const answer = start(abort.signal).finally(() => {
      if (flights.get(key) === flight) flights.delete(key)
    })
    const flight: Flight = { answer, abort, passengers: 0 }
    flights.set(key, flight)
    return flight
  }

  return {
    async route(request, signal) {
      if (signal?.aborted === true) return endedAnswer(signal)
      const key = requestKey(request)
      const flight = board(key, (shared) => next.route(request, shared))
      flight.passengers++
      const own = childAbort(signal)
      try {
        return await Promise.race([flight.answer, own.ended])
      } catch (error) {
        return unavailable('unreadable', String(error))
      } finally {
        own.release()
        if (--flight.passengers === 0) {
          // Whoever comes now starts anew: this one may have been given up.
          if (flights.get(key) === flight) flights.delete(key)
          flight.abort.abort('aborted')
        }
      }
    },
    close: () => next.close(),
  }
}
