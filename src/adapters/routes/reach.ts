/** Whether a request can be asked, and whether a line leads where it was asked to. */

import { distanceM, type Point, wrapLng } from '../../domain/geo'
import { type NoRoute, ROUTE_REACH_M, type RouteRequest } from '../../ports/routes'
import { noRoute } from './answers'

/** How far engines may snap: what is left of the reach is for the rounding of places in the cache. */
export const SNAP_RADIUS_M = ROUTE_REACH_M - 50

/** More stops than a rider has in one go; engines have limits of their own. */
const MAX_VIA = 48

/** The places of a request, in order. */
export function placesOf(request: RouteRequest): Point[] {
  return [request.from, ...(request.via ?? []), request.to]
}

/** Why a request cannot be asked of anybody; undefined when it can. */
export function refusal(request: RouteRequest): NoRoute | undefined {
  if ((request.via?.length ?? 0) > MAX_VIA) return noRoute('refused', `more than ${MAX_VIA} stops on the way`)
  const isOnEarth = ({ lat, lng }: Point) => Math.abs(lat) <= 90 && Math.abs(lng) <= 180
  return placesOf(request).every(isOnEarth) ? undefined : noRoute('refused', 'a place is not on Earth')
}

/** Why the line does not answer the request; undefined when it begins, passes and ends near enough to what was asked. */
export function missedPlace(request: RouteRequest, line: readonly Point[]): NoRoute | undefined {
  const [first, last] = [line[0], line.at(-1)]
  if (first === undefined || last === undefined) return noRoute('off_road', 'the line is empty')
  const startM = distanceM(first, request.from)
  if (startM > SNAP_RADIUS_M) return noRoute('off_road', `the route begins ${inKm(startM)} from where it should`)
  const endM = distanceM(last, request.to)
  if (endM > SNAP_RADIUS_M) return noRoute('off_road', `the route ends ${inKm(endM)} from where it should`)
  for (const [index, stop] of (request.via ?? []).entries()) {
    const offM = distanceToLineM(stop, line)
    if (offM > SNAP_RADIUS_M) return noRoute('off_road', `the route passes stop ${index + 1} at ${inKm(offM)}`)
  }
  return undefined
}

/** The length of a line in metres. */
export function lengthM(line: readonly Point[]): number {
  return line.reduce((sum, point, index) => sum + distanceM(line[index - 1] ?? point, point), 0)
}

/** The distance written for a person. */
export function inKm(metres: number): string {
  return `${(metres / 1000).toFixed(1)} km`
}

function distanceToLineM(place: Point, line: readonly Point[]): number {
  return line.reduce((least, end, index) => Math.min(least, toSegmentM(place, line[index - 1] ?? end, end)), Infinity)
}

/** On a plane around the place: exact enough within some kilometres of it, and further away nobody asks. */
function toSegmentM(place: Point, start: Point, end: Point): number {
  const perLat = 111_195
  const perLng = perLat * Math.cos((place.lat * Math.PI) / 180)
  const [ax, ay] = [wrapLng(start.lng - place.lng) * perLng, (start.lat - place.lat) * perLat]
  const [dx, dy] = [wrapLng(end.lng - start.lng) * perLng, (end.lat - start.lat) * perLat]
  const squared = dx * dx + dy * dy
  const part = squared === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / squared))
  return Math.hypot(ax + part * dx, ay + part * dy)
}
