/** A rider's way to one order's drop: how far it is, when it arrives, whether it is there. Pure; part of the track. */

import { CATCHING_UP_AFTER_MS } from './activity'
import { type ArrivalState, type Nearness, NO_ARRIVAL, updateArrival } from './arrival'
import { type Estimate, EXPECTED_DWELL_S } from './eta'
import { type ShownEta, showEta } from './eta-display'
import { distanceM, type Point } from './geo'
import type { Order } from './order'
import { type FinishedTrip, NO_PACE, type PaceTable, plainPace } from './pace'
import { type Plan, planOf } from './plan'
import { asksForRoute, DETOUR_FACTOR } from './progress'
import { advanceRoad, enterRoad, estimateRoad, nearnessOf, preparedOf, type Road } from './road'
import { endOf, type Route, type RouteInput } from './route'
import { hourOfWeek } from './timetable'
import type { Place } from './track'
import type { Vehicle } from './view'

/** A trip's state; plain JSON. */
export interface Trip {
  /** What the way is for; another plan is another way. */
  plan: string
  /** The line the rider goes along; without it, straight lines to what is left of the plan. */
  road?: Road
  /** How many of the plan's stops are done: the rider was near them, one after the other, or has passed them. */
  visited: number
  /** Metres to go. */
  leftM: number
  shown: ShownEta
  arrival: ArrivalState
  /** How often an engine was asked for a first line of this plan, and when last. */
  asks: number
  askedMs: number
}

/** A route that is wanted; the owner asks for it and gives the answer back by `takeRoute`. */
export interface RouteRequest {
  plan: string
  from: Point
  via: Point[]
  to: Point
  vehicle?: Vehicle
  headingDeg?: number
}

/** What the fold is told of the world besides facts and records. */
export interface Knowledge {
  pace: PaceTable
  /** Whether routes can be asked for; otherwise lines are straight. */
  hasEngine: boolean
}

export const NO_KNOWLEDGE: Knowledge = { pace: NO_PACE, hasEngine: false }

/** What one more accepted place came to. */
export interface TripStep {
  trip: Trip
  request?: RouteRequest
  finished?: FinishedTrip
}

/** An engine that had no answer is asked again, each time after twice as long. */
const ASK_AGAIN = { minMs: 20_000, maxMs: 320_000 } as const
/** Nearer than this to a stop it is done. */
const VISITED_M = 80
/** A caller's line that ends further than this from the drop leads elsewhere: where it ends is no arrival. */
const LINE_REACH_M = 500
/** Of four trips foretold by straight lines, three took between 1/1.6 of it and 1.6 times as long. */
const STRAIGHT_RANGE = 1.6

/** The trip after one more accepted place; undefined while the order says nowhere to go. */
export function advanceTrip(
  before: Trip | undefined,
  order: Order,
  place: Place,
  known: Knowledge,
): TripStep | undefined {
  const plan = planOf(order)
  if (plan === undefined) return undefined
  const same = before?.plan === plan.key ? before : undefined
  if (same?.road !== undefined) return ride(same, same.road, order, plan, place, known)
  const road = same === undefined ? callersRoad(before, order, plan, place, known) : undefined
  if (road !== undefined) return { trip: onRoad(blank(plan), 0, road, place) }
  return goStraight(same, order, plan, place, known)
}

/**
 * Puts an engine's line under the trip.
 * @returns the trip as it was when the answer is for a plan that no longer holds
 * @throws RangeError for a line that cannot be read
 */
export function takeRoute(
  trip: Trip,
  planKey: string,
  line: RouteInput,
  order: Order,
  place: Place,
  known: Knowledge,
): Trip {
  const plan = planOf(order)
  if (plan === undefined || plan.key !== planKey || trip.plan !== planKey) return trip
  const via = plan.via.slice(trip.visited)
  return onRoad(trip, trip.visited, enterRoad(trip.road, 'engine', line, order, via, place, known.pace), place)
}

/** The line that the rider is on now; undefined when there is none, or the rider has left it. */
export function lineOf(trip: Trip): Route | undefined {
  return trip.road === undefined || trip.road.progress.offRoute ? undefined : preparedOf(trip.road).route
}

function ride(trip: Trip, old: Road, order: Order, plan: Plan, place: Place, known: Knowledge): TripStep {
  const road = advanceRoad(old, place)
  const passed = plan.via.length - road.stops.length + road.eta.nextStop
  const visited = Math.max(passed, visitedAt(trip, plan, place))
  const next = onRoad(trip, visited, road, place)
  const step: TripStep = { trip: next }
  if (known.hasEngine && asksForRoute(old.progress, road.progress)) step.request = requestOf(next, plan, place, order)
  if (next.arrival.stage === 'arrived' && trip.arrival.stage !== 'arrived') {
    const hour = hourOfWeek(place.timeMs, place.lng)
    step.finished = { vehicle: order.vehicle ?? 'unknown', hour, route: preparedOf(road).route, marks: road.marks }
    // Who arrives a second time, after a search for the door, has not ridden there twice.
    next.road = { ...road, marks: [] }
  }
  return step
}

/** A rider near the next stop of the plan has done it. */
function visitedAt({ visited }: Trip, plan: Plan, place: Place): number {
  const next = plan.via[visited]
  return next !== undefined && distanceM(place, next) <= VISITED_M ? visited + 1 : visited
}

function onRoad(trip: Trip, visited: number, road: Road, place: Place): Trip {
  const nearness = nearnessOf(preparedOf(road).route, road.progress)
  const next = concluded(trip, visited, estimateRoad(road), nearness, place)
  next.road = road
  return next
}

/** Without a line: the straight ones to what is left, made longer, at the pace of such vehicles. */
function goStraight(same: Trip | undefined, order: Order, plan: Plan, place: Place, known: Knowledge): TripStep {
  const trip = same ?? blank(plan)
  const visited = visitedAt(trip, plan, place)
  let from: Point = place
  let straightM = 0
  for (let i = visited; i <= plan.via.length; i++) {
    const to = plan.via[i] ?? plan.to
    straightM += distanceM(from, to)
    from = to
  }
  const leftM = DETOUR_FACTOR * straightM
  const paceSpm = plainPace(known.pace, order.vehicle ?? 'unknown', hourOfWeek(place.timeMs, place.lng), leftM)
  const remainingS = leftM * paceSpm + (plan.via.length - visited) * EXPECTED_DWELL_S
  const estimate: Estimate = {
    remainingS,
    arrivalMs: Math.round(place.timeMs + remainingS * 1000),
    earliestMs: Math.round(place.timeMs + (remainingS * 1000) / STRAIGHT_RANGE),
    latestMs: Math.round(place.timeMs + remainingS * 1000 * STRAIGHT_RANGE),
    delayed: false,
  }
  const nearness = { leftM, straightM: distanceM(place, plan.to), timeMs: place.timeMs }
  const went = concluded(trip, visited, estimate, nearness, place)
  const patienceMs = Math.min(ASK_AGAIN.maxMs, ASK_AGAIN.minMs * 2 ** (trip.asks - 1))
  if (!known.hasEngine || (trip.asks > 0 && place.timeMs - trip.askedMs < patienceMs)) return { trip: went }
  went.asks += 1
  went.askedMs = place.timeMs
  return { trip: went, request: requestOf(went, plan, place, order) }
}

/** The trip after this place, for now without a road. Member by member: a spread costs a microsecond a fix. */
function concluded(trip: Trip, visited: number, estimate: Estimate, nearness: Nearness, place: Place): Trip {
  const isFirst = trip.shown.arrivalMs === 0
  const shown = showEta(isFirst ? undefined : trip.shown, estimate, place.timeMs)
  // A backlog announces nothing: where the rider was then is not where it is.
  const isFresh = place.receivedMs - place.timeMs <= CATCHING_UP_AFTER_MS
  const arrival = isFresh ? updateArrival(trip.arrival, nearness, place.accuracyM) : trip.arrival
  const { plan, asks, askedMs } = trip
  return { plan, visited, leftM: nearness.leftM, shown, arrival, asks, askedMs }
}

function blank(plan: Plan): Trip {
  const shown = { arrivalMs: 0, earliestMs: 0, latestMs: 0, putOff: 0 }
  return { plan: plan.key, visited: 0, leftM: 0, shown, arrival: NO_ARRIVAL, asks: 0, askedMs: 0 }
}

/** The caller's line leads from pickup to drop, so it holds from the pickup on, with nobody else's stops in between. */
function callersRoad(
  before: Trip | undefined,
  order: Order,
  plan: Plan,
  place: Place,
  known: Knowledge,
): Road | undefined {
  const isOurs = order.status === 'picked_up' && (order.before ?? []).length === 0
  if (!isOurs || order.route === undefined) return undefined
  const { polyline, precision } = order.route
  try {
    const road = enterRoad(before?.road, 'caller', { polyline, precision }, order, plan.via, place, known.pace)
    return distanceM(endOf(preparedOf(road).route), plan.to) <= LINE_REACH_M ? road : undefined
  } catch {
    // A line that cannot be read was refused at the door; another program may have written it.
    return undefined
  }
}

/** Asks for the way by the stops that are left: to those that are done it must not lead back. */
function requestOf({ visited }: Trip, { key, via, to }: Plan, place: Place, order: Order): RouteRequest {
  const from = { lat: place.lat, lng: place.lng }
  const request: RouteRequest = { plan: key, from, via: via.slice(visited), to }
  if (order.vehicle !== undefined) request.vehicle = order.vehicle
  if (place.headingDeg !== undefined && (place.speedMps ?? 0) > 2) request.headingDeg = place.headingDeg
  return request
}
