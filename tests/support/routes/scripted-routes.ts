import { unavailable } from '../../../src/adapters/routes/answers.ts'
import type { RouteAnswer, RouteProvider, RouteRequest, UnavailableReason } from '../../../src/ports/routes.ts'
import { TRIP } from './world.ts'

export const FOUND: RouteAnswer = { kind: 'route', polyline: 'x', precision: 6, distanceM: 1, source: 'engine' }
export const NONE: RouteAnswer = { kind: 'no_route', reason: 'no_way', detail: '' }

/** The answer of an engine that is away. */
export function away(reason: UnavailableReason = 'network', retryAfterMs = 1): RouteAnswer {
  return unavailable(reason, '', retryAfterMs)
}

/** A provider whose answers a test gives, and that remembers what it was asked. */
export class ScriptedRoutes implements RouteProvider {
  readonly asked: { request: RouteRequest; signal: AbortSignal | undefined; answer(answer: RouteAnswer): void }[] = []
  closed = 0

  /** @param script the answers, in turn; when they are used up, requests wait for `asked[i].answer` */
  constructor(private readonly script: RouteAnswer[] = []) {}

  route(request: RouteRequest, signal?: AbortSignal): Promise<RouteAnswer> {
    const { promise, resolve } = Promise.withResolvers<RouteAnswer>()
    this.asked.push({ request, signal, answer: resolve })
    const next = this.script.shift()
    if (next !== undefined) resolve(next)
    return promise
  }

  async close(): Promise<void> {
    this.closed++
  }
}

/** A trip of its own for each number. */
export function trip(index: number): RouteRequest {
  return { ...TRIP, to: { lat: TRIP.to.lat + index / 100, lng: TRIP.to.lng } }
}

/** A clock that a test moves. */
export class TestClock {
  ms = 1_000
  readonly nowMs = (): number => this.ms
}
