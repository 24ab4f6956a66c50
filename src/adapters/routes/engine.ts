/** A route provider that asks a routing engine over HTTP; each engine's own words are its dialect's. */

import type { Vehicle } from '../../domain/view'
import type { RouteAnswer, RouteProvider, RouteRequest } from '../../ports/routes'
import { unavailable } from './answers'
import { askEngine, type EngineRequest } from './ask-engine'
import { type ChildAbort, childAbort, endedAnswer } from './child-abort'
import { refusal } from './reach'

/** How an engine is asked and understood. */
export interface EngineDialect {
  /** Writes the request for the engine at `base`; a heading, if any, is within [0, 360). */
  write(base: URL, request: RouteRequest, vehicle: Vehicle): EngineRequest
  /** Reads what the engine sent. @throws UnreadableError when that is nothing the engine documents */
  read(body: unknown, request: RouteRequest): RouteAnswer
}

/** Where engines are: one for all vehicles, and others for some. */
export interface EnginePlaces {
  readonly url: string
  readonly urlByVehicle?: Readonly<Partial<Record<Vehicle, string>>>
}

export class EngineRoutes implements RouteProvider {
  readonly #underWay = new Set<ChildAbort>()

  constructor(
    private readonly dialect: EngineDialect,
    private readonly places: EnginePlaces,
  ) {}

  async route(asked: RouteRequest, signal?: AbortSignal): Promise<RouteAnswer> {
    const child = childAbort(signal)
    this.#underWay.add(child)
    try {
      const refused = refusal(asked)
      if (refused !== undefined) return refused
      if (child.signal.aborted) return endedAnswer(child.signal)
      const request = withUsableHeading(asked)
      const vehicle = request.vehicle ?? 'car'
      const base = new URL(this.places.urlByVehicle?.[vehicle] ?? this.places.url)
      const reply = await askEngine(this.dialect.write(base, request, vehicle), child.signal)
      return reply.kind === 'reply' ? this.dialect.read(reply.body, request) : reply
    } catch (error) {
      // Also a mistake of ours in reading: one odd answer must never end more than itself.
      return unavailable('unreadable', error instanceof Error ? error.message : String(error))
    } finally {
      this.#underWay.delete(child)
      child.release()
    }
  }

  async close(): Promise<void> {
    for (const child of this.#underWay) child.abort('closed')
  }
}

function withUsableHeading(request: RouteRequest): RouteRequest {
  const { headingDeg, ...rest } = request
  if (headingDeg === undefined || !Number.isFinite(headingDeg)) return rest
  return { ...rest, headingDeg: ((headingDeg % 360) + 360) % 360 }
}

/** The base with more path and parameters; what it has of its own (a path, a key) stays. */
export function engineUrl(base: URL, path: string, parameters: readonly (readonly [string, string])[] = []): URL {
  const url = new URL(base)
  url.pathname = url.pathname.replace(/\/+$/, '') + path
  for (const [name, value] of parameters) url.searchParams.append(name, value)
  return url
}
