/** The crow's way: for systems without an engine. It knows no street, so it tells no time. */

import { encodePolyline } from '../../domain/polyline'
import type { RouteAnswer, RouteProvider, RouteRequest } from '../../ports/routes'
import { noRoute } from './answers'
import { lengthM, placesOf, refusal } from './reach'

const PRECISION = 6

export class StraightRoutes implements RouteProvider {
  async route(request: RouteRequest): Promise<RouteAnswer> {
    return refusal(request) ?? straightRoute(request)
  }

  async close(): Promise<void> {}
}

function straightRoute(request: RouteRequest): RouteAnswer {
  const places = placesOf(request)
  try {
    const polyline = encodePolyline(places, PRECISION)
    return { kind: 'route', polyline, precision: PRECISION, distanceM: lengthM(places), source: 'straight' }
  } catch (error) {
    return noRoute('refused', error instanceof Error ? error.message : String(error))
  }
}
