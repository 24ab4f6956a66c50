/** The only switch between routing engines. */

import type { Config } from '../../config'
import type { Vehicle } from '../../domain/view'
import type { RouteProvider } from '../../ports/routes'
import { withCache } from './cache'
import { withCallerLine } from './caller'
import { type BreakerState, withCircuitBreaker } from './circuit-breaker'
import { withDeadline } from './deadline'
import { type EngineDialect, type EnginePlaces, EngineRoutes } from './engine'
import { graphhopper } from './graphhopper'
import { withHeadingWish } from './heading-wish'
import { withLimit } from './limit'
import { osrm } from './osrm'
import { withRetry } from './retry'
import { withSingleFlight } from './single-flight'
import { StraightRoutes } from './straight'
import { valhalla } from './valhalla'

/** How long a request may take in all: waiting for its turn, and the second try. */
export const ROUTE_DEADLINE_MS = 800
/** An engine works through these in a moment; one that cannot is not helped by more. */
const LIMIT = { underWay: 16, waiting: 256 }

export type RouteSettings = Pick<Config, 'routes' | 'routesUrl' | 'routesVehicleUrls' | 'routesKey'>

export interface OpenRoutesOptions {
  /** Told when the engine is given up and when it is back. */
  onBreaker?: (state: BreakerState) => void
}

/**
 * Opens the provider that the settings name: the order's own line where that leads there, then the engine; without an
 * engine, the straight line.
 */
export function openRoutes(settings: RouteSettings, options: OpenRoutesOptions = {}): RouteProvider {
  const { routes, routesUrl, routesVehicleUrls, routesKey } = settings
  if (routes === 'none' || routesUrl === undefined) return withCallerLine(new StraightRoutes())
  const dialects: Readonly<Record<typeof routes, EngineDialect>> = {
    osrm,
    valhalla,
    graphhopper: graphhopper(routesKey),
  }
  const places = { url: routesUrl, urlByVehicle: urlByVehicle(routesVehicleUrls) }
  return withCallerLine(guardedEngine(dialects[routes], places, options))
}

/** An engine that can be slow, wrong and away without harm to who asks. What is nearest to the engine comes first. */
function guardedEngine(dialect: EngineDialect, places: EnginePlaces, { onBreaker }: OpenRoutesOptions): RouteProvider {
  const engine = withHeadingWish(withRetry(new EngineRoutes(dialect, places)))
  const asked = withCircuitBreaker(engine, onBreaker && { onState: onBreaker })
  const bounded = withDeadline(withLimit(asked, LIMIT), ROUTE_DEADLINE_MS)
  return withCache(withSingleFlight(bounded))
}

/** Each entry is `vehicle=URL`, as its kind in `config.ts` has checked. */
function urlByVehicle(entries: readonly string[]): Partial<Record<Vehicle, string>> {
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )
}
