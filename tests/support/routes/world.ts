/** A small invented town: places, and streets that run along meridians and parallels. */

import { distanceM, type Point } from '../../../src/domain/geo.ts'
import type { RouteRequest } from '../../../src/ports/routes.ts'
import type { RouteWorld } from '../../contract/routes.contract.ts'
import type { OsrmLeg } from '../../services/osrm-http.ts'

export const BAKERY: Point = { lat: 47.16, lng: 9.5 }
export const SCHOOL: Point = { lat: 47.18, lng: 9.52 }
export const MILL: Point = { lat: 47.2, lng: 9.49 }
const STATION: Point = { lat: 47.17, lng: 9.54 }

export const TRIP: RouteRequest = { from: BAKERY, to: SCHOOL, vehicle: 'motorbike' }

export const TOWN: RouteWorld = {
  trips: [TRIP, { from: SCHOOL, to: MILL, vehicle: 'bicycle' }, { from: MILL, to: BAKERY }],
  withStops: { from: BAKERY, via: [STATION, MILL], to: SCHOOL, vehicle: 'van' },
  elsewhere: { lat: 12.97, lng: 77.59 },
}

const PACE_MPS = 8

/** Whether the place is in the town, or so near that its streets are. */
export function isInTown({ lat, lng }: Point): boolean {
  return lat > 47.15 && lat < 47.21 && lng > 9.48 && lng < 9.55
}

/** The way from each place to the next: along the meridian, then along the parallel. */
export function townWay(places: readonly Point[]): OsrmLeg[] {
  return places.slice(1).map((to, index) => {
    const from = places[index] ?? to
    const line = [from, { lat: (from.lat + to.lat) / 2, lng: from.lng }, { lat: to.lat, lng: from.lng }, to]
    return { line, seconds: line.slice(1).map((end, i) => distanceM(line[i] ?? end, end) / PACE_MPS) }
  })
}
