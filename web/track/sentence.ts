import { isEnded, type OrderPart, type PositionPart, shownPosition, type View } from '../../src/domain/view.ts'
import type { Tracking } from '../client/tracking.ts'
import { formatDistance, formatMinutes, formatSpanAgo, formatTime, pluralOf } from './format.ts'
import { distanceM } from './geo.ts'
import { strings } from './strings.ts'

/** What the page is in: one of these at a time, the most important first when several hold. */
export type PageState =
  | 'refused'
  | 'loading'
  | 'delivered'
  | 'cancelled'
  | 'expired'
  | 'offline'
  | 'handed_over'
  | 'no_rider'
  | 'not_visible'
  | 'not_seen_yet'
  | 'stale'
  | 'arrived'
  | 'arriving'
  | 'nearby'
  | 'catching_up'
  | 'at_pickup'
  | 'at_other_stop'
  | 'waiting'
  | 'stops_before'
  | 'late'
  | 'to_pickup'
  | 'on_the_way'

/** What is looked at: the connection with its view, and the server's time. */
export type Moment = { tracking: Tracking; nowMs: number }

const lateFromMs = 3 * 60_000
const handOverNewsMs = 45_000
/** A rider of whom one fix is known has not stood there yet, as far as anybody knows. */
const standsFromMs = 15_000

/** Chooses the state that says most about this moment. */
export function stateOf({ tracking, nowMs }: Moment): PageState {
  const { phase, view, online, endReason } = tracking
  if (phase === 'refused') return 'refused'
  const order = view?.order
  if (order?.status === 'delivered' || endReason === 'delivered') return 'delivered'
  if (order?.status === 'cancelled' || endReason === 'cancelled') return 'cancelled'
  if (phase === 'ended') return 'expired'
  if (!online && phase !== 'live') return 'offline'
  if (!view || !order) return 'loading'
  const position = shownPosition(view)
  if (position) return stateOfPosition(order, position, nowMs)
  if (order.status === 'created') return 'no_rider'
  if (!order.visible) return 'not_visible'
  return isHandedOver(order) ? 'handed_over' : 'not_seen_yet'
}

/** How old the newest position may get before the page says so. */
export function isStale(position: PositionPart, nowMs: number): boolean {
  return nowMs - position.received_ms > position.stale_after_ms
}

/** How late the order will be, in milliseconds; 0 while it is in time or nothing is promised or estimated. */
export function lateByMs(order: OrderPart, position: PositionPart): number {
  if (order.promised_ms === undefined || !position.eta) return 0
  // Only when even the early end is late: otherwise the page would cry wolf at each traffic light.
  if (position.eta.earliest_ms <= order.promised_ms) return 0
  const lateMs = position.eta.arrival_ms - order.promised_ms
  return lateMs >= lateFromMs ? lateMs : 0
}

/** The one sentence that is the most useful truth now. */
export function sentenceOf(moment: Moment): string {
  const { view, heardAtMs } = moment.tracking
  const words = strings.sentence
  const state = stateOf(moment)
  const order = view?.order
  const position = view && shownPosition(view)
  switch (state) {
    case 'refused':
    case 'loading':
    case 'delivered':
    case 'cancelled':
    case 'expired':
    case 'arriving':
    case 'arrived':
      return words[state]
    case 'offline':
      return heardAtMs === undefined || !view ? words.offlineEmpty : words.offline(formatTime(heardAtMs))
    case 'handed_over':
      return words.handedOver
    case 'no_rider':
      return words.noRider
    case 'not_visible':
      return order && order.stops_before > 1 ? words.notYetNear : words.notYet
    case 'not_seen_yet':
      return words.notSeenYet
    case 'on_the_way':
      // Without a drop or an estimate the arrival's place says "On the way" already.
      return order?.drop || position?.eta ? words.onTheWay : words.onTheWaySomewhere
    case 'to_pickup':
      return order?.pickup?.name ? words.toPickupAt(order.pickup.name) : words.toPickup
    default:
      return order && position ? sentenceOfPosition(state, order, position, moment.nowMs) : words.onTheWay
  }
}

function sentenceOfPosition(
  state: 'stale' | 'catching_up' | 'at_pickup' | 'at_other_stop' | 'waiting' | 'stops_before' | 'late' | 'nearby',
  order: OrderPart,
  position: PositionPart,
  nowMs: number,
): string {
  const words = strings.sentence
  const since = formatTime(position.since_ms)
  if (state === 'at_pickup') {
    return order.pickup?.name ? words.atPickupNamed(order.pickup.name, since) : words.atPickup(since)
  }
  if (state === 'catching_up') return words.catchingUp(formatTime(position.fix_time_ms))
  if (state === 'at_other_stop') return words.atOtherStop(since)
  if (state === 'waiting') return words.waiting(since)
  if (state === 'nearby') return withStanding(words.nearby, position, nowMs)
  if (state === 'late') return withStanding(words.late(formatMinutes(lateByMs(order, position))), position, nowMs)
  if (state === 'stops_before') {
    const count = order.stops_before
    return withStanding(words.stopsBefore(count, pluralOf(count)), position, nowMs)
  }
  const ago = formatSpanAgo(nowMs - position.received_ms)
  const near = nearestPlace(order, position)
  return near ? words.signalLostNear(ago, formatDistance(near.meters), near.name) : words.signalLost(ago)
}

/** The sentence, and why the rider stands still meanwhile, if it does. */
function withStanding(sentence: string, { motion, since_ms }: PositionPart, nowMs: number): string {
  const words = strings.sentence
  const since = formatTime(since_ms)
  if (motion === 'at_other_stop') return `${sentence} ${words.atStopBefore(since)}`
  return motion === 'waiting' && nowMs - since_ms >= standsFromMs ? `${sentence} ${words.waiting(since)}` : sentence
}

function stateOfPosition(order: OrderPart, position: PositionPart, nowMs: number): PageState {
  if (isStale(position, nowMs)) return 'stale'
  if (position.arrival) return position.arrival
  const since = order.timeline.findLast(({ status }) => status === 'assigned')?.at_ms ?? 0
  // The new rider's first fix comes within seconds: too soon for the news to be gone again.
  if (isHandedOver(order) && nowMs - since < handOverNewsMs) return 'handed_over'
  if (position.motion === 'catching_up') return 'catching_up'
  if (position.motion === 'at_pickup' && order.status === 'assigned') return 'at_pickup'
  if (order.stops_before > 0) return 'stops_before'
  if (position.motion === 'at_other_stop') return 'at_other_stop'
  if (lateByMs(order, position) > 0) return 'late'
  if (position.motion === 'waiting' && nowMs - position.since_ms >= standsFromMs) return 'waiting'
  return order.status === 'assigned' ? 'to_pickup' : 'on_the_way'
}

function isHandedOver(order: OrderPart): boolean {
  return !isEnded(order) && order.timeline.filter(({ status }) => status === 'assigned').length > 1
}

function nearestPlace(order: OrderPart, position: PositionPart): { name: string; meters: number } | undefined {
  const { pickup, drop } = order
  const places = [
    ...(pickup ? [{ name: pickup.name ?? strings.places.pickup, meters: distanceM(position, pickup) }] : []),
    ...(drop ? [{ name: strings.places.drop, meters: distanceM(position, drop) }] : []),
  ]
  return places.sort((a, b) => a.meters - b.meters)[0]
}

/** The page of a view that was not asked of the network: for previews. */
export function momentOf(view: View, nowMs: number): Moment {
  return { tracking: { phase: 'live', online: true, view, heardAtMs: nowMs }, nowMs }
}
