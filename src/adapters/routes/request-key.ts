import type { Point } from '../../domain/geo'
import type { RouteRequest } from '../../ports/routes'
import { placesOf } from './reach'

/** 11 m and less: the two sides of a street, not its next crossing. */
const PLACE_DECIMALS = 4
/** Headings are told apart by eighths of the compass: within one, phones err. */
const HEADINGS = 8

/** Requests of one key have one answer: places rounded, the vehicle, the heading if any. The order's own line is not asked. */
export function requestKey(request: RouteRequest): string {
  const eighth = Math.round(((request.headingDeg ?? Number.NaN) / 360) * HEADINGS)
  return `${request.vehicle ?? ''}|${((eighth % HEADINGS) + HEADINGS) % HEADINGS}|${placesOf(request).map(rounded).join(';')}`
}

function rounded({ lat, lng }: Point): string {
  return `${lat.toFixed(PLACE_DECIMALS)},${lng.toFixed(PLACE_DECIMALS)}`
}
