/** The position part: what of a track its viewers are shown. */

import { type ActivityInput, activityOf } from './activity'
import { type Audience, mayShowPosition, redactPosition } from './audience'
import type { Order } from './order'
import { planOf } from './plan'
import type { Place, Track } from './track'
import { lineOf, type Trip } from './trip'
import type { Eta, PositionPart } from './view'

/** A position counts as stale after three missed fixes, but not before 20 s nor later than 2 min. */
const STALE = { intervals: 3, minMs: 20_000, maxMs: 120_000 } as const

/**
 * Projects the track's newest place for `audience`; undefined while there is nothing that may be shown.
 * Its version is (`at`, the order's `rev`): the same track under a newer order is a newer part.
 */
export function projectPosition(track: Track, order: Order, audience: Audience): PositionPart | undefined {
  const { last, motion } = track
  if (last === undefined || track.assignment !== order.assignment || !mayShowPosition(order)) return undefined
  const part: PositionPart = {
    at: last.at,
    rev: order.rev,
    assignment: track.assignment,
    lat: last.lat,
    lng: last.lng,
    timestamp: Math.floor(last.timeMs / 1000),
    fix_time_ms: last.timeMs,
    received_ms: last.receivedMs,
    motion: activityOf(activityInput(track, order)),
    since_ms: motion.sinceMs,
    stale_after_ms: Math.min(STALE.maxMs, Math.max(STALE.minMs, STALE.intervals * track.intervalMs)),
  }
  Object.assign(part, wayOf(track, order, audience))
  if (last.id !== undefined) part.id = last.id
  if (last.accuracyM !== undefined) part.accuracy_m = last.accuracyM
  if (last.headingDeg !== undefined) part.heading_deg = last.headingDeg
  if (last.speedMps !== undefined) part.speed_mps = last.speedMps
  return redactPosition(part, audience)
}

/**
 * A line that leads past other customers' doors is not for a customer: it shows once theirs is the next. Until the next
 * fix the line may still be that of the plan before, which did lead there.
 */
function maySeeWay(trip: Trip, order: Order, audience: Audience): boolean {
  return planOf(order)?.key === trip.plan && (audience !== 'customer' || order.stops_before === 0)
}

type Way = Pick<PositionPart, 'route_id' | 'along_m' | 'remaining_m' | 'eta' | 'arrival'>

function wayOf({ trip }: Track, order: Order, audience: Audience): Way {
  if (trip === undefined) return {}
  const { arrivalMs, earliestMs, latestMs } = trip.shown
  const source = trip.road === undefined ? 'estimate' : 'route'
  const eta: Eta = { arrival_ms: arrivalMs, earliest_ms: earliestMs, latest_ms: latestMs, source }
  const way: Way = { remaining_m: Math.round(trip.leftM), eta }
  if (trip.arrival.stage !== undefined) way.arrival = trip.arrival.stage
  const line = maySeeWay(trip, order, audience) ? lineOf(trip) : undefined
  if (line === undefined || trip.road === undefined) return way
  return { ...way, route_id: line.id, along_m: Math.round(trip.road.progress.alongM * 10) / 10 }
}

function activityInput({ last, motion }: Track, order: Order): ActivityInput {
  const { lat, lng, timeMs, receivedMs } = last as Place
  const kind = motion.kind === 'moving' ? 'moving' : 'waiting'
  const input: ActivityInput = { kind, lat, lng, timeMs, receivedMs }
  if (order.status !== 'picked_up' && order.pickup !== undefined) input.pickup = order.pickup
  if (order.before !== undefined) input.otherStops = order.before
  return input
}
