/** The demo's trips along real streets, ready to be ridden. */

import { distanceM, type Point } from '../../src/domain/geo'
import { decodePolyline } from '../../src/domain/polyline'
import type { PlacePart, Vehicle } from '../../src/domain/view'
import { type Halt, planRide, type Ride } from '../riders/ride'
import routes from './routes.json' with { type: 'json' }

/** A trip; `README.md` beside this file describes the fields. */
export interface DemoRoute {
  id: string
  vehicle: Vehicle
  pickup: PlacePart
  drop: PlacePart
  stops?: PlacePart[]
  polyline: string
  precision: number
  distance_m: number
  duration_s: number
  tunnel?: { from_m: number; to_m: number }
  hand_over?: { to: string; from_m: number; to_m: number; lat: number; lng: number }
}

/** All trips, in the order of the file. */
export const DEMO_ROUTES = routes as DemoRoute[]

/** The trip of this name. @throws RangeError when there is none */
export function demoRoute(id: string): DemoRoute {
  const route = DEMO_ROUTES.find((one) => one.id === id)
  if (route === undefined) throw new RangeError(`there is no demo route ${id}`)
  return route
}

/** How long a rider stands at a stop on the way. */
const STOP_MS = 25_000

/** The ride along a trip, with its stops and whatever other halts are asked for. */
export function rideOf(route: DemoRoute, halts: readonly Halt[] = []): Ride {
  const line = decodePolyline(route.polyline, route.precision)
  const stops = (route.stops ?? []).map((stop) => ({ alongM: alongOf(line, stop), dwellMs: STOP_MS }))
  return planRide(line, route.vehicle, [...stops, ...halts])
}

/** How far along the line the vertex nearest to `place` is: places lie on vertices. */
function alongOf(line: readonly Point[], place: Point): number {
  let best = { offM: Number.POSITIVE_INFINITY, alongM: 0 }
  let alongM = 0
  for (const [index, point] of line.entries()) {
    alongM += index === 0 ? 0 : distanceM(line[index - 1] as Point, point)
    const offM = distanceM(point, place)
    if (offM < best.offM) best = { offM, alongM }
  }
  return best.alongM
}

/** Where on the ride the rider stands at the trip's stops, in order; lights are halts too, but no stops. */
export function stopsM(route: DemoRoute, { haltsM }: Ride): number[] {
  const line = decodePolyline(route.polyline, route.precision)
  return (route.stops ?? []).map((stop) => {
    const alongM = alongOf(line, stop)
    return haltsM.reduce((best, haltM) => (Math.abs(haltM - alongM) < Math.abs(best - alongM) ? haltM : best))
  })
}
