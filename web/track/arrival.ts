import { type Eta, type OrderPart, type PositionPart, shownPosition } from '../../src/domain/view.ts'
import { formatDistance, formatMinutesRange, formatTime, formatTimeOrDay, formatTimeRange, pluralOf } from './format.ts'
import { distanceM } from './geo.ts'
import { isStale, type Moment, stateOf } from './sentence.ts'
import { strings } from './strings.ts'

/** The largest thing on the page. */
export type ArrivalModel = {
  /** A time range, or a word where there is no honest estimate. */
  main: string
  /** Beside it, smaller. */
  aside?: string
  /** Guessed without a road: it is shown a little softer. */
  soft?: true
  /** For the tab's title and icon. */
  minutes?: number
  /** The kicker above it. */
  label: string
}

const arrivingBelowMs = 2 * 60_000
/** Sooner than this nothing is foretold. */
const leastMs = 60_000

/** What stands in the place of the arrival; no number is made up. */
export function arrivalOf(moment: Moment): ArrivalModel {
  const words = strings.arrival
  const { view } = moment.tracking
  const order = view?.order
  switch (stateOf(moment)) {
    case 'refused':
      return { label: words.label, main: words.unknown }
    case 'expired':
      return { label: words.label, main: words.ended }
    case 'loading':
      return { label: words.label, main: words.loading }
    case 'delivered':
      return { label: words.label, main: words.delivered, ...endTimeOf(order, 'delivered', moment.nowMs) }
    case 'cancelled':
      return { label: words.label, main: words.cancelled, ...endTimeOf(order, 'cancelled', moment.nowMs) }
    default:
      return underway(moment, order, view && shownPosition(view))
  }
}

function underway(moment: Moment, order: OrderPart | undefined, position: PositionPart | undefined): ArrivalModel {
  const words = strings.arrival
  const { nowMs } = moment
  const { label, status } = words
  if (!order) return { label: status, main: words.offline }
  if (!position) return { ...withoutPosition(order), ...promiseOf(order, nowMs) }
  if (isStale(position, nowMs)) {
    return { label: status, main: words.unsure, aside: words.lastSeen(formatTimeOrDay(position.received_ms, nowMs)) }
  }
  if (position.arrival === 'arrived') return { label, main: words.here, minutes: 0 }
  const { eta } = position
  if (position.arrival === 'arriving' || (eta && eta.arrival_ms - nowMs < arrivingBelowMs)) {
    return { label, main: words.arriving, aside: words.soon, minutes: 1 }
  }
  if (eta) {
    return {
      label,
      ...rangeOf(eta, nowMs),
      minutes: Math.max(1, Math.round((eta.arrival_ms - nowMs) / 60_000)),
    }
  }
  if (order.status === 'assigned') return { label: status, main: words.pickingUp, ...promiseOf(order, nowMs) }
  const meters = position.remaining_m ?? (order.drop && distanceM(position, order.drop))
  if (order.stops_before > 0) {
    return { label, main: words.stops(order.stops_before, pluralOf(order.stops_before)), ...promiseOf(order, nowMs) }
  }
  return meters === undefined
    ? { label: status, main: words.onTheWay, ...promiseOf(order, nowMs) }
    : { label: words.distance, main: formatDistance(meters), ...(promiseOf(order, nowMs) ?? { aside: words.away }) }
}

/** Both ends count down between pushes; what is over cannot be the earliest any more. */
function rangeOf(
  { earliest_ms, latest_ms, source }: Eta,
  nowMs: number,
): Pick<ArrivalModel, 'main' | 'aside' | 'soft'> {
  const earliestMs = Math.max(earliest_ms, nowMs + leastMs)
  const main = formatTimeRange(earliestMs, latest_ms)
  const aside = formatMinutesRange(earliestMs - nowMs, latest_ms - nowMs)
  return source === 'route' ? { main, aside } : { main, aside: strings.arrival.about(aside), soft: true }
}

function withoutPosition(order: OrderPart): { label: string; main: string } {
  const words = strings.arrival
  if (order.status === 'created') return { label: words.status, main: words.preparing }
  if (order.status === 'assigned') return { label: words.status, main: words.assigned }
  if (order.stops_before === 0) return { label: words.status, main: words.onTheWay }
  return { label: words.label, main: words.stops(order.stops_before, pluralOf(order.stops_before)) }
}

function promiseOf(order: OrderPart, nowMs: number): { aside: string } | undefined {
  if (order.promised_ms === undefined) return undefined
  return { aside: strings.arrival.promised(formatTimeOrDay(order.promised_ms, nowMs)) }
}

function endTimeOf(order: OrderPart | undefined, status: 'delivered' | 'cancelled', nowMs: number): { aside?: string } {
  const entry = order?.timeline.findLast((one) => one.status === status)
  if (!entry) return {}
  const sameDay = new Date(entry.at_ms).toDateString() === new Date(nowMs).toDateString()
  return {
    aside: sameDay ? strings.arrival.at(formatTime(entry.at_ms)) : formatTimeOrDay(entry.at_ms, nowMs),
  }
}
