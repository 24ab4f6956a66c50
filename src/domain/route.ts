/** A line to ride along, made ready once so that each fix is snapped to it without allocating. */

import { bearingDeg, distanceM, type Point, wrapLng } from './geo'
import { decodePolyline, encodePolyline } from './polyline'

/** What a route is made of; plain JSON, so a track can keep it. */
export interface RouteInput {
  polyline: string
  /** Decimals of `polyline`, 1–6. */
  precision: number
  /** The routing engine's seconds for each segment, one fewer than there are points. */
  segmentS?: readonly number[]
}

/** A prepared route; made again from its input at will, so it is never saved. */
export interface Route {
  /** The hash of the line: an equal id is an equal line. */
  readonly id: string
  readonly polyline: string
  readonly precision: number
  readonly lat: Float64Array
  /** Unwrapped: neighbours never differ by more than 180°, so a line over the antimeridian leaves ±180. */
  readonly lng: Float64Array
  /** Metres from the start to each point; never falls. */
  readonly cumM: Float64Array
  readonly lengthM: number
  readonly segmentS?: readonly number[]
}

/** Degrees of latitude in metres, on the sphere of `distanceM`. */
const M_PER_DEG = (6_371_008.8 * Math.PI) / 180
const RAD = Math.PI / 180
/** A segment that leads further than this from the rider's heading is probably another part of the route. */
const HEADING_DIFFERS_COS = Math.cos(100 * RAD)
const HEADING_PENALTY_M = 30

/**
 * Prepares a route.
 * @throws RangeError for a polyline that cannot be read or has fewer than two points, and for `segmentS` of another
 *   length than the segments or with a negative or infinite value
 */
export function prepareRoute(input: RouteInput): Route {
  const { polyline, precision, segmentS } = input
  const points = decodePolyline(polyline, precision)
  if (points.length < 2) throw new RangeError(`a route needs two points, not ${points.length}`)
  if (segmentS !== undefined) checkSegments(segmentS, points.length - 1)
  const lat = new Float64Array(points.length)
  const lng = new Float64Array(points.length)
  const cumM = new Float64Array(points.length)
  let previous = points[0] as Point
  for (let index = 0; index < points.length; index++) {
    const point = points[index] as Point
    lat[index] = point.lat
    lng[index] = index === 0 ? point.lng : (lng[index - 1] as number) + wrapLng(point.lng - previous.lng)
    cumM[index] = index === 0 ? 0 : (cumM[index - 1] as number) + distanceM(previous, point)
    previous = point
  }
  const route = { id: routeId(polyline, precision), polyline, precision, lat, lng, cumM, lengthM: cumM.at(-1) ?? 0 }
  return segmentS === undefined ? route : { ...route, segmentS }
}

/** The input of straight lines through `points`, for when no engine is at hand; at least two points. */
export function straightRoute(points: readonly Point[]): RouteInput {
  return { polyline: encodePolyline(points, 6), precision: 6 }
}

/** The id of a line: 64 bits in hex. Not against forgery, only to tell lines apart. */
export function routeId(polyline: string, precision: number): string {
  // Two lanes of 32-bit FNV-1a that start apart and are mixed at the end (murmur3's finalizer).
  let a = 0x811c9dc5 ^ precision
  let b = 0x9747b28c + precision
  for (let i = 0; i < polyline.length; i++) {
    const code = polyline.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code ^ (a >>> 15), 0x85ebca6b)
  }
  return hex(mix(a ^ (b >>> 11))) + hex(mix(b ^ a))
}

/** Where on a route a place lies; written by `snapToRoute`, so that it can be used again. */
export interface Snap {
  alongM: number
  /** How far from the line the place is, metres. */
  perpM: number
  /** `perpM` and what made other candidates better or worse; infinite when the window was empty. */
  cost: number
  segment: number
}

/** Which candidates `snapToRoute` looks at and what it likes of them. */
export interface SnapQuery extends Point {
  fromM: number
  toM: number
  /** Where the rider is thought to be, metres along… */
  nearM: number
  /** …and what a metre from there costs, in metres beside the line. */
  nearWeight: number
  /** Direction of travel along the line, degrees; NaN when unknown. */
  headingDeg: number
}

/**
 * Finds the cheapest candidate on the route between `fromM` and `toM`, one a segment: its nearest point to the place.
 *
 * Works in metres around the place (equirectangular), which below 20 km is exact to centimetres; so far away it is still
 * monotonic enough to find the nearest segment. Takes time only for the window's segments.
 */
export function snapToRoute(route: Route, query: SnapQuery, out: Snap): void {
  const { lat, lng, cumM } = route
  const { fromM, toM, nearM, nearWeight, headingDeg } = query
  const placeLng = (lng[0] as number) + wrapLng(query.lng - (lng[0] as number))
  const lngM = M_PER_DEG * Math.cos(query.lat * RAD)
  const hasHeading = !Number.isNaN(headingDeg)
  const headingX = hasHeading ? Math.sin(headingDeg * RAD) : 0
  const headingY = hasHeading ? Math.cos(headingDeg * RAD) : 0
  out.cost = Number.POSITIVE_INFINITY
  out.perpM = Number.POSITIVE_INFINITY
  out.alongM = fromM
  const last = cumM.length - 1
  let i = segmentAt(route, fromM)
  out.segment = i
  let bx = nearLng((lng[i] as number) - placeLng) * lngM
  let by = ((lat[i] as number) - query.lat) * M_PER_DEG
  for (; i < last; i++) {
    const startM = cumM[i] as number
    if (startM > toM) break
    const ax = bx
    const ay = by
    bx = nearLng((lng[i + 1] as number) - placeLng) * lngM
    by = ((lat[i + 1] as number) - query.lat) * M_PER_DEG
    const segmentM = (cumM[i + 1] as number) - startM
    const dx = bx - ax
    const dy = by - ay
    const square = dx * dx + dy * dy
    let share = square > 0 ? -(ax * dx + ay * dy) / square : 0
    if (segmentM > 0) {
      const max = Math.min(1, (toM - startM) / segmentM)
      const min = Math.max(0, (fromM - startM) / segmentM)
      share = share > max ? max : share < min ? min : share
    } else share = 0
    const px = ax + share * dx
    const py = ay + share * dy
    const perpM = Math.sqrt(px * px + py * py)
    const alongM = startM + share * segmentM
    let cost = perpM + nearWeight * Math.abs(alongM - nearM)
    if (hasHeading && dx * headingX + dy * headingY < HEADING_DIFFERS_COS * Math.sqrt(square)) cost += HEADING_PENALTY_M
    if (cost < out.cost) {
      out.cost = cost
      out.perpM = perpM
      out.alongM = alongM
      out.segment = i
    }
  }
}

/** The place `alongM` metres along the route; clamped to its ends. */
export function pointAlong(route: Route, alongM: number): Point {
  const i = segmentAt(route, alongM)
  const startM = route.cumM[i] as number
  const segmentM = (route.cumM[i + 1] as number) - startM
  const share = segmentM > 0 ? Math.min(1, Math.max(0, (alongM - startM) / segmentM)) : 0
  const lat = (route.lat[i] as number) + share * ((route.lat[i + 1] as number) - (route.lat[i] as number))
  const lng = (route.lng[i] as number) + share * ((route.lng[i + 1] as number) - (route.lng[i] as number))
  return { lat, lng: wrapLng(lng - 360 * Math.trunc(lng / 360)) }
}

/** The direction of a segment, degrees. */
export function segmentBearingDeg({ lat, lng }: Route, segment: number): number {
  const from = { lat: lat[segment] as number, lng: lng[segment] as number }
  return bearingDeg(from, { lat: lat[segment + 1] as number, lng: lng[segment + 1] as number })
}

/** The last segment that begins at or before `alongM`; the first and the last beyond the ends. */
export function segmentAt(route: Pick<Route, 'cumM'>, alongM: number): number {
  const { cumM } = route
  let low = 0
  let high = cumM.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((cumM[middle] as number) <= alongM) low = middle
    else high = middle - 1
  }
  return low
}

/** The route's last point. */
export function endOf(route: Route): Point {
  return pointAlong(route, route.lengthM)
}

/** A route once around the Earth aside, the nearer way round is meant. */
function nearLng(deltaDeg: number): number {
  return deltaDeg > 180 ? deltaDeg - 360 : deltaDeg < -180 ? deltaDeg + 360 : deltaDeg
}

function checkSegments(segmentS: readonly number[], expected: number): void {
  if (segmentS.length !== expected) {
    throw new RangeError(`a route of ${expected} segments needs as many durations, not ${segmentS.length}`)
  }
  const bad = segmentS.findIndex((seconds) => !Number.isFinite(seconds) || seconds < 0)
  if (bad >= 0) throw new RangeError(`the duration of segment ${bad} is ${segmentS[bad]}`)
}

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
