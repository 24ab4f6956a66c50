/** A rider's way to one order's drop: which route it takes, how far it is, when it arrives. Pure; part of the track. */

import { CATCHING_UP_AFTER_MS } from './activity'
import { type ArrivalState, NO_ARRIVAL, updateArrival } from './arrival'
import { advanceEta, type EtaState, estimateEta, type PlannedStop } from './eta'
import { type ShownEta, showEta } from './eta-display'
import { distanceM, type Point } from './geo'
import { type Order, placesLeft } from './order'
import { choosePrior, type FinishedTrip, NO_PACE, type PaceTable } from './pace'
import { advance, asksForRoute, DETOUR_FACTOR, type Progress, remainingM } from './progress'
import { prepareRoute, type Route, type RouteInput, straightRoute } from './route'
import { stopsAlong } from './stops-along'
import { hourOfWeek, layTimetable, type Prior, type Timetable } from './timetable'
import type { Place } from './track'
import type { Vehicle } from './view'

/** Where a route came from: the caller's own line, a routing engine, or nowhere (straight lines). */
export type RouteSource = 'caller' | 'engine' | 'straight'

/** A trip's state; plain JSON. */
export interface Trip {
  /** What the route is for; another plan needs another route. */
  plan: string
  source: RouteSource
  route: RouteInput
  prior: Prior
  stops: PlannedStop[]
  /** On straight lines: how many of the plan's stops are done. */
  visited: number
  progress: Progress
  eta: EtaState
  shown: ShownEta
  arrival: ArrivalState
  /** Where the rider was when along this route, every `MARK_EVERY_MS`: what a finished trip teaches. */
  marks: { alongM: number; timeMs: number }[]
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

/** Where the rider still has to go for an order, and what of it has changed when the key has. */
interface Plan {
  key: string
  via: Point[]
  to: Point
}

const MARK_EVERY_MS = 20_000
const MAX_MARKS = 400
/** Nearer than this a stop on a straight line is done. */
const VISITED_M = 80

/** The trip after one more accepted place; undefined while the order says nowhere to go. */
export function advanceTrip(
  before: Trip | undefined,
  order: Order,
  place: Place,
  known: Knowledge,
): TripStep | undefined {
  const plan = planOf(order)
  if (plan === undefined) return undefined
  const isSame = before !== undefined && before.plan === plan.key
  if (isSame && before.source !== 'straight') return ride(before, order, plan, place, known)
  const line = isSame ? undefined : callersLine(order)
  if (line !== undefined) return { trip: begin(before, 'caller', line, order, plan, place, known) }
  const visited = isSame ? visitedStops(before.visited, plan, place) : 0
  const left = { ...plan, via: plan.via.slice(visited) }
  const straight = straightRoute([place, ...left.via, plan.to])
  const trip: Trip = { ...begin(before, 'straight', straight, order, left, place, known), visited }
  return !isSame && known.hasEngine ? { trip, request: requestOf(plan, place, order) } : { trip }
}

/**
 * Puts an engine's line under the trip.
 * @returns the trip as it was when the answer is for a plan that no longer holds, or cannot be ridden
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
  return begin(trip, 'engine', line, order, plan, place, known)
}

/** Metres still to go, by the road where it is known. */
export function metresLeft(trip: Trip): number {
  const { route } = preparedOf(trip)
  const left = remainingM(route, trip.progress)
  return trip.source === 'straight' ? DETOUR_FACTOR * left : left
}

/** The line that `progress.alongM` lies on; undefined for straight lines, which are nobody's way. */
export function lineOf(trip: Trip): Route | undefined {
  return trip.source === 'straight' ? undefined : preparedOf(trip).route
}

function ride(trip: Trip, order: Order, plan: Plan, place: Place, known: Knowledge): TripStep {
  const { route, timetable } = preparedOf(trip)
  const progress = advance(trip.progress, route, place)
  const next = estimated({ ...trip, progress }, trip, route, timetable, place)
  next.marks = marked(trip.marks, progress)
  const step: TripStep = { trip: next }
  if (known.hasEngine && asksForRoute(trip.progress, progress)) step.request = requestOf(plan, place, order)
  const hasArrived = next.arrival.stage === 'arrived' && trip.arrival.stage !== 'arrived'
  if (hasArrived) {
    const hour = hourOfWeek(place.timeMs, place.lng)
    step.finished = { vehicle: order.vehicle ?? 'unknown', hour, route, marks: next.marks }
  }
  return step
}

function begin(
  before: Trip | undefined,
  source: RouteSource,
  line: RouteInput,
  order: Order,
  plan: Plan,
  place: Place,
  known: Knowledge,
): Trip {
  const route = prepareRoute(line)
  const vehicle = order.vehicle ?? 'unknown'
  const prior = choosePrior(known.pace, route, vehicle, hourOfWeek(place.timeMs, place.lng))
  const stops = source === 'straight' ? straightStops(route, plan.via.length) : stopsAlong(route, plan.via)
  const usual = source === 'straight' ? slower(prior, DETOUR_FACTOR) : prior
  const progress = advance(undefined, route, place)
  const arrival = before?.plan === plan.key ? before.arrival : NO_ARRIVAL
  const draft = { plan: plan.key, source, route: line, prior: usual, stops, visited: 0, progress, arrival, marks: [] }
  return estimated(draft, before, route, layTimetable(route, usual), place)
}

type Draft = Omit<Trip, 'eta' | 'shown'>

function estimated(draft: Draft, before: Trip | undefined, route: Route, timetable: Timetable, place: Place): Trip {
  const { progress, stops } = draft
  const eta = advanceEta(before?.eta, route, timetable, stops, progress)
  const estimate = estimateEta(eta, route, timetable, stops, progress)
  const shown = showEta(before?.plan === draft.plan ? before.shown : undefined, estimate, progress.timeMs)
  // A backlog announces nothing: where the rider was then is not where it is.
  const isFresh = place.receivedMs - place.timeMs <= CATCHING_UP_AFTER_MS
  const arrival = isFresh ? updateArrival(draft.arrival, route, progress, place.accuracyM) : draft.arrival
  return { ...draft, eta, shown, arrival }
}

/** Plans by order: an order is never changed in place, so neither is its plan. */
const plans = new WeakMap<Order, Plan>()

function planOf(order: Order): Plan | undefined {
  const known = plans.get(order)
  if (known !== undefined) return known
  const plan = makePlan(order)
  if (plan !== undefined) plans.set(order, plan)
  return plan
}

/** The stops of other orders come first, then the pickup while it is not done, then this order's own, then the drop. */
function makePlan(order: Order): Plan | undefined {
  if (order.drop === undefined) return undefined
  const isPickedUp = order.status === 'picked_up'
  const via: Point[] = [...(order.before ?? []), ...placesLeft(order).slice(0, -1)]
  const places = [...via, order.drop].map(({ lat, lng }) => `${lat.toFixed(5)},${lng.toFixed(5)}`)
  return { key: `${isPickedUp ? 'drop' : 'pickup'} ${places.join(' ')}`, via, to: order.drop }
}

/** The caller's line leads from pickup to drop, so it holds from the pickup on, with nobody else's stops in between. */
function callersLine(order: Order): RouteInput | undefined {
  const isOurs = order.status === 'picked_up' && (order.before ?? []).length === 0
  if (!isOurs || order.route === undefined) return undefined
  const { polyline, precision } = order.route
  try {
    prepareRoute({ polyline, precision })
    return { polyline, precision }
  } catch {
    return undefined
  }
}

function requestOf(plan: Plan, place: Place, order: Order): RouteRequest {
  const request: RouteRequest = { plan: plan.key, from: { lat: place.lat, lng: place.lng }, via: plan.via, to: plan.to }
  if (order.vehicle !== undefined) request.vehicle = order.vehicle
  if (place.headingDeg !== undefined && (place.speedMps ?? 0) > 2) request.headingDeg = place.headingDeg
  return request
}

function visitedStops(visited: number, plan: Plan, place: Place): number {
  const next = plan.via[visited]
  return next !== undefined && distanceM(place, next) <= VISITED_M ? visited + 1 : visited
}

/** The corners of a line through stops are the stops. */
function straightStops(route: Route, count: number): PlannedStop[] {
  return Array.from({ length: count }, (_, i) => ({ alongM: route.cumM[i + 1] as number }))
}

function slower(prior: Prior, factor: number): Prior {
  const segmentS = prior.segmentS?.map((seconds) => factor * seconds)
  return { ...prior, paceSpm: factor * prior.paceSpm, ...(segmentS === undefined ? {} : { segmentS }) }
}

function marked(marks: Trip['marks'], { alongM, timeMs, offRoute }: Progress): Trip['marks'] {
  const last = marks.at(-1)
  if (offRoute || (last !== undefined && timeMs - last.timeMs < MARK_EVERY_MS)) return marks
  return [...marks.slice(-MAX_MARKS + 1), { alongM, timeMs }]
}

/** Prepared lines by what they were made from: a track comes back from JSON without them. */
const prepared = new WeakMap<RouteInput, { prior: Prior; route: Route; timetable: Timetable }>()

function preparedOf({ route: input, prior }: Pick<Trip, 'route' | 'prior'>): { route: Route; timetable: Timetable } {
  const known = prepared.get(input)
  if (known !== undefined && known.prior === prior) return known
  const route = prepareRoute(input)
  const made = { prior, route, timetable: layTimetable(route, prior) }
  prepared.set(input, made)
  return made
}
