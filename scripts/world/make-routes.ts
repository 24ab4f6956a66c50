import { encodePolyline, type LatLng } from '../../src/domain/polyline.ts'
import { type PlannedPlace, type PlannedRoute, routePlan, type Vehicle } from './route-plan.ts'
import { findWay, prepareRouting, type TrackPoint } from './routino.ts'

interface Place extends LatLng {
  readonly name: string
}

/** A route as `cli/demo/routes.json` holds it; cli/demo/README.md describes the fields. */
interface DemoRoute {
  readonly id: string
  readonly vehicle: Vehicle
  readonly pickup: Place
  readonly drop: Place
  readonly stops?: readonly Place[]
  readonly polyline: string
  readonly precision: number
  readonly distance_m: number
  readonly duration_s: number
  readonly tunnel?: { readonly from_m: number; readonly to_m: number }
  readonly hand_over?: { readonly to: string; readonly from_m: number; readonly to_m: number } & LatLng
}

interface Trip {
  readonly plan: PlannedRoute
  readonly track: readonly TrackPoint[]
}

const precision = 6
const earthRadiusM = 6_371_008.8

/**
 * Makes the demo's routes along the extract's streets.
 *
 * @param folder where routino leaves its database
 * @throws Error for a plan the streets do not bear out: another street at a place, no common way for a hand-over
 */
export async function makeRoutes(extractPath: string, folder: string): Promise<DemoRoute[]> {
  await prepareRouting(extractPath, folder)
  const trips: Trip[] = []
  for (const plan of routePlan) {
    const places = [plan.pickup, ...(plan.stops ?? []), plan.drop]
    trips.push({ plan, track: await findWay(folder, plan.vehicle, places) })
  }
  return trips.map((trip) => describeTrip(trip, trips))
}

function describeTrip(trip: Trip, trips: readonly Trip[]): DemoRoute {
  const { plan, track } = trip
  const waypoints = track.filter(({ waypoint }) => waypoint)
  // The first point ends no segment, so its street is the one that leads away from it.
  const [first, ...rest] = waypoints.map((point) =>
    point === track[0] ? { ...point, street: track[1]?.street } : point,
  )
  const last = rest.pop()
  const stops = (plan.stops ?? []).map((stop, index) => nameplace(plan, stop, rest[index]))
  return {
    id: plan.id,
    vehicle: plan.vehicle,
    pickup: nameplace(plan, plan.pickup, first),
    drop: nameplace(plan, plan.drop, last),
    ...(stops.length > 0 && { stops }),
    polyline: encodePolyline(withoutRepeats(track), precision),
    precision,
    distance_m: Math.round(lengthM(track)),
    duration_s: Math.round(durationS(track)),
    ...(plan.tunnel && { tunnel: { from_m: plan.tunnel.fromM, to_m: plan.tunnel.toM } }),
    ...(plan.handOverTo && { hand_over: handOver(trip, plan.handOverTo, trips) }),
  }
}

function nameplace(
  plan: PlannedRoute,
  place: PlannedPlace,
  point: (LatLng & { street?: string | undefined }) | undefined,
): Place {
  if (point === undefined) throw new Error(`${plan.id} does not reach ${place.street}`)
  if (point.street !== place.street) throw new Error(`${plan.id}: at ${place.street} the street is ${point.street}`)
  return { lat: point.lat, lng: point.lng, name: `${place.kind}, ${place.street}` }
}

/** The first point from which both trips go the same way to their common drop. */
function handOver(trip: Trip, to: string, trips: readonly Trip[]): NonNullable<DemoRoute['hand_over']> {
  const other = trips.find(({ plan }) => plan.id === to)
  if (other === undefined) throw new Error(`${trip.plan.id} hands over to ${to}, which is no route`)
  const [track, otherTrack] = [trip.track, other.track]
  let shared = 0
  while (samePlace(track.at(-1 - shared), otherTrack.at(-1 - shared))) shared++
  const point = track.at(-shared)
  if (shared < 2 || point === undefined) throw new Error(`${trip.plan.id} and ${to} share no way to the drop`)
  const fromM = Math.round(lengthM(track.slice(0, track.length - shared + 1)))
  const toM = Math.round(lengthM(otherTrack.slice(0, otherTrack.length - shared + 1)))
  return { to, from_m: fromM, to_m: toM, lat: point.lat, lng: point.lng }
}

function withoutRepeats(track: readonly TrackPoint[]): TrackPoint[] {
  return track.filter((point, index) => !samePlace(point, track[index - 1]))
}

function samePlace(a: LatLng | undefined, b: LatLng | undefined): boolean {
  return a !== undefined && b !== undefined && a.lat === b.lat && a.lng === b.lng
}

function lengthM(track: readonly LatLng[]): number {
  return track.reduce((sum, point, index) => sum + stepM(track[index - 1] ?? point, point), 0)
}

function durationS(track: readonly TrackPoint[]): number {
  return track
    .slice(1)
    .reduce((sum, point, index) => sum + stepM(track[index] ?? point, point) / (point.speedKmh / 3.6), 0)
}

/** Great-circle distance by the haversine formula. */
function stepM(a: LatLng, b: LatLng): number {
  const radians = Math.PI / 180
  const sinLat = Math.sin(((b.lat - a.lat) * radians) / 2)
  const sinLng = Math.sin(((b.lng - a.lng) * radians) / 2)
  const h = sinLat ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * sinLng ** 2
  return 2 * earthRadiusM * Math.asin(Math.sqrt(h))
}
