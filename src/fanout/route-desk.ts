/** Where ways are asked for, outside of the fold: one request an order at a time, the newest wins. */

import type { RouteInput } from '../domain/route'
import type { RouteRequest } from '../domain/trip'
import type { Metrics } from '../metrics'
import type { RouteAnswer, RouteProvider } from '../ports/routes'

export class RouteDesk {
  readonly #underWay = new Map<string, AbortController>()

  constructor(
    private readonly provider: RouteProvider,
    private readonly metrics: Metrics,
  ) {}

  /** Asks; `take` gets the line when there is one. Without one the fold asks again, with growing patience. */
  async ask(orderId: string, request: RouteRequest, take: (line: RouteInput) => void): Promise<void> {
    this.#underWay.get(orderId)?.abort()
    const abort = new AbortController()
    this.#underWay.set(orderId, abort)
    const { plan: _plan, ...places } = request
    const answer = await this.provider.route(places, abort.signal)
    if (this.#underWay.get(orderId) !== abort) return
    this.#underWay.delete(orderId)
    this.metrics.count('zlt_routes_total', 1, answer.kind === 'unavailable' ? answer.reason : answer.kind)
    const line = lineOf(answer)
    if (line !== undefined) take(line)
  }

  async close(): Promise<void> {
    for (const abort of this.#underWay.values()) abort.abort()
    await this.provider.close()
  }
}

/** A line by roads; straight ones the fold draws itself. */
function lineOf(answer: RouteAnswer): RouteInput | undefined {
  if (answer.kind !== 'route' || answer.source === 'straight') return undefined
  const { polyline, precision, segmentSeconds } = answer
  return segmentSeconds === undefined ? { polyline, precision } : { polyline, precision, segmentS: segmentSeconds }
}
