/** A line that a rider goes along for an order: progress on it, and what it says of the arrival. Pure. */

import type { Nearness } from './arrival'
import { advanceEta, type Estimate, type EtaState, estimateEta, type PlannedStop } from './eta'
import { distanceM, type Point } from './geo'
import type { Order } from './order'
import { choosePrior, type PaceTable } from './pace'
import { advance, type Progress, remainingM } from './progress'
import { endOf, prepareRoute, type Route, type RouteInput } from './route'
import { stopsAlong } from './stops-along'
import { hourOfWeek, layTimetable, type Prior, type Timetable } from './timetable'
import type { Place } from './track'

/** Plain JSON. */
export interface Road {
  /** Whose line it is: the order came with it, or a routing engine drew it. */
  source: 'caller' | 'engine'
  route: RouteInput
  prior: Prior
  stops: PlannedStop[]
  progress: Progress
  eta: EtaState
  /** Where the rider was when, every `MARK_EVERY_MS`: what a finished trip teaches. */
  marks: { alongM: number; timeMs: number }[]
}

const MARK_EVERY_MS = 20_000
const MAX_MARKS = 400

/**
 * Begins on a line; the pace shown on the line before it counts on, and so does the patience of asking for another.
 * @param via the stops that are not done yet
 * @throws RangeError for a line that cannot be read
 */
export function enterRoad(
  before: Road | undefined,
  source: Road['source'],
  line: RouteInput,
  order: Order,
  via: readonly Point[],
  place: Place,
  pace: PaceTable,
): Road {
  const route = prepareRoute(line)
  const prior = choosePrior(pace, route, order.vehicle ?? 'unknown', hourOfWeek(place.timeMs, place.lng))
  const timetable = layTimetable(route, prior)
  prepared.set(line, { prior, route, timetable })
  const stops = stopsAlong(route, via)
  // A caller's line begins another leg, of which nothing was asked yet.
  const progress = advance(source === 'engine' ? before?.progress : undefined, route, place)
  const eta = advanceEta(before?.eta, route, timetable, stops, progress)
  return { source, route: line, prior, stops, progress, eta, marks: [] }
}

/** The road after one more accepted place. */
export function advanceRoad(road: Road, place: Place): Road {
  const { route, timetable } = preparedOf(road)
  const progress = advance(road.progress, route, place)
  const eta = advanceEta(road.eta, route, timetable, road.stops, progress)
  const { source, route: line, prior, stops } = road
  return { source, route: line, prior, stops, progress, eta, marks: marked(road.marks, progress, eta.paused) }
}

/** When the rider arrives along this road. */
export function estimateRoad(road: Road): Estimate {
  const { route, timetable } = preparedOf(road)
  return estimateEta(road.eta, route, timetable, road.stops, road.progress)
}

/** How near the end of the line is, by it and by air. */
export function nearnessOf(route: Route, progress: Progress): Nearness {
  return { leftM: remainingM(route, progress), straightM: distanceM(progress, endOf(route)), timeMs: progress.timeMs }
}

/** Prepared lines by what they were made from: a track comes back from JSON without them. */
const prepared = new WeakMap<RouteInput, { prior: Prior; route: Route; timetable: Timetable }>()

/** The road's line, ready to snap to. */
export function preparedOf({ route: input, prior }: Road): { route: Route; timetable: Timetable } {
  const known = prepared.get(input)
  if (known !== undefined && known.prior === prior) return known
  const route = prepareRoute(input)
  const made = { prior, route, timetable: layTimetable(route, prior) }
  prepared.set(input, made)
  return made
}

/** What was not ridden along the line in one go teaches nothing of its pace, so marks begin anew after it. */
function marked(marks: Road['marks'], { alongM, timeMs, backward }: Progress, paused: boolean): Road['marks'] {
  if (paused || backward) return marks.length === 0 ? marks : []
  const last = marks.at(-1)
  if (last !== undefined && timeMs - last.timeMs < MARK_EVERY_MS) return marks
  return [...marks.slice(1 - MAX_MARKS), { alongM, timeMs }]
}
