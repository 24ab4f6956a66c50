/** Where planned stops lie along a route. Pure. */

import type { PlannedStop } from './eta'
import type { Point } from './geo'
import { type Route, type Snap, snapToRoute } from './route'

/**
 * The stops in their order, each at its nearest place on what of the route is left after the one before; so a route that
 * passes a stop twice has the stops in sequence.
 */
export function stopsAlong(route: Route, stops: readonly Point[]): PlannedStop[] {
  const snap: Snap = { alongM: 0, perpM: 0, cost: 0, segment: 0 }
  let fromM = 0
  return stops.map(({ lat, lng }) => {
    const window = { fromM, toM: route.lengthM, nearM: fromM, nearWeight: 0, headingDeg: Number.NaN }
    snapToRoute(route, { lat, lng, ...window }, snap)
    fromM = snap.alongM
    return { alongM: fromM }
  })
}
