/** Orders: the facts of what a customer waits for, and the only moves that change them. All pure; the store keeps them. */

import type { Point } from './geo'
import type { OrderStatus, PlacePart, TimelineEntry, Vehicle } from './view'

/** The whole value of an order, as its row holds it and `delivery.order.v1` carries it. */
export interface Order {
  id: string
  /** Rises with every change: `max(old + 1, now_ms)`, so an id used again after *forget* is newer than before. */
  rev: number
  status: OrderStatus
  timeline: TimelineEntry[]
  /** The `rev` of the assignment in force; 0 while nobody has the order, which accepts no fix. */
  assignment: number
  partner_id?: string
  customer_id?: string
  /** Place among the orders in hand, which `resequence` gives; those without come after, by assignment. */
  sequence?: number
  /** Whether the rider may be shown. Kept by `replan`, for all orders of a rider at once. */
  visible: boolean
  stops_before: number
  /**
   * The stops that the rider makes for other orders first: places without names, which no customer is shown. Kept by
   * `replan`; the first `MAX_BEFORE` of them, absent when there are none.
   */
  before?: Point[]
  pickup?: PlacePart
  drop?: PlacePart
  stops?: Stop[]
  vehicle?: Vehicle
  route?: { polyline: string; precision: number }
  promised_ms?: number
  ended_at_ms?: number
  /** A stub, 30 min after the end: all else is gone, and the id may not be vouched for. */
  gone?: true
}

/** A planned stop besides the drop. */
export interface Stop extends PlacePart {
  kind: 'pickup' | 'drop'
}

/** What a caller may say of a new order. */
export type OrderInput = Pick<Order, 'customer_id' | 'pickup' | 'drop' | 'stops' | 'vehicle' | 'route' | 'promised_ms'>

/** A customer sees the rider only when at most this many stops come first. */
export const VISIBLE_STOPS_BEFORE = 5
/** More stops ahead than this are not told: a fact stays small, and the list moves up as the first are made. */
export const MAX_BEFORE = 20
/** How long after its end an order can still be opened, and its tokens live. */
export const AFTER_END_MS = 30 * 60_000
/** How long after its last record an order that only a token names is gone. */
export const VOUCHED_LIFE_MS = 2 * 3_600_000
/** How long after its end the stub forbids vouching; tokens with `orders` live at most 24 h. */
export const STUB_UNTIL_MS = 25 * 3_600_000

/** The revision after `old` (0 for a new row). */
export function nextRev(old: number, nowMs: number): number {
  return Math.max(old + 1, nowMs)
}

/** Whether the order is over. */
export function hasEnded(order: Pick<Order, 'status'>): boolean {
  return order.status === 'delivered' || order.status === 'cancelled'
}

/** Whether a rider has the order in hand. */
export function isInHand(order: Pick<Order, 'status'>): boolean {
  return order.status === 'assigned' || order.status === 'picked_up'
}

/** A new order, or the same id again after it was forgotten (`oldRev` is what the forgotten row had). */
export function createOrder(id: string, input: OrderInput, nowMs: number, oldRev = 0): Order {
  const timeline: TimelineEntry[] = [{ status: 'created', at_ms: nowMs }]
  const state = { id, rev: nextRev(oldRev, nowMs), status: 'created' as const, timeline, assignment: 0 }
  return { ...state, visible: false, stops_before: 0, ...input }
}

/** The statuses that `order` may move to by `moveOrder`; `assigned` is reached by `assignOrder` only. */
export function allowedMoves(order: Pick<Order, 'status'>): OrderStatus[] {
  switch (order.status) {
    case 'created':
      return ['cancelled']
    case 'assigned':
      return ['picked_up', 'cancelled']
    case 'picked_up':
      return ['delivered', 'cancelled']
    default:
      return []
  }
}

/**
 * Gives the order to a rider; again is a hand-over, which keeps `picked_up` and blanks the old rider's marker. It comes
 * last of the rider's orders, whatever place it had before.
 * @param lastAssignment the highest `assignment` of the rider's other orders in hand: this one comes after them, also
 * when the clock has not moved on since
 */
export function assignOrder(order: Order, partnerId: string, nowMs: number, lastAssignment = 0): Order | 'illegal' {
  if (hasEnded(order)) return 'illegal'
  const rev = nextRev(Math.max(order.rev, lastAssignment), nowMs)
  const status = order.status === 'picked_up' ? 'picked_up' : 'assigned'
  const timeline = [...order.timeline, { status: 'assigned' as const, at_ms: nowMs }]
  const { sequence: _, ...kept } = order
  return { ...kept, rev, status, timeline, assignment: rev, partner_id: partnerId }
}

/** Moves the order along; `illegal` when `allowedMoves` does not name `status`. */
export function moveOrder(order: Order, status: OrderStatus, nowMs: number): Order | 'illegal' {
  if (!allowedMoves(order).includes(status)) return 'illegal'
  const moved: Order = {
    ...order,
    rev: nextRev(order.rev, nowMs),
    status,
    timeline: [...order.timeline, { status, at_ms: nowMs }],
  }
  if (hasEnded(moved)) {
    moved.ended_at_ms = nowMs
    delete moved.sequence
  }
  return moved
}

/** Replaces what was said of the order at its creation, member by member; `illegal` once it is over. */
export function editOrder(order: Order, patch: OrderInput, nowMs: number): Order | 'illegal' {
  return hasEnded(order) ? 'illegal' : { ...order, ...patch, rev: nextRev(order.rev, nowMs) }
}

/** The orders in hand among `orders`, the one to be served first first. */
export function inSequence(orders: readonly Order[]): Order[] {
  const placeOf = ({ sequence }: Order) => sequence ?? Number.MAX_SAFE_INTEGER
  return orders
    .filter(isInHand)
    .sort((a, b) => placeOf(a) - placeOf(b) || a.assignment - b.assignment || (a.id < b.id ? -1 : 1))
}

/** Where the rider still has to go for this order alone, the drop last; points without names. */
export function placesLeft({ status, pickup, stops = [], drop }: Order): Point[] {
  const isPickedUp = status === 'picked_up'
  const places: (PlacePart | undefined)[] = isPickedUp ? [] : [pickup]
  places.push(...stops.filter(({ kind }) => !isPickedUp || kind === 'drop'), drop)
  return places.flatMap((place) => (place === undefined ? [] : { lat: place.lat, lng: place.lng }))
}

/**
 * Recomputes `visible`, `stops_before` and `before` over one rider's orders, in their sequence.
 * Returns only those that changed, each with a new `rev`: the same transaction must store them all.
 */
export function replan(ordersOfRider: readonly Order[], nowMs: number): Order[] {
  const plans = new Map<string, Plan>()
  let ahead: Point[] = []
  for (const [place, order] of inSequence(ordersOfRider).entries()) {
    plans.set(order.id, { visible: place <= VISIBLE_STOPS_BEFORE, stops_before: place, before: ahead })
    ahead = [...ahead, ...placesLeft(order)].slice(0, MAX_BEFORE)
  }
  return ordersOfRider.flatMap((order) => {
    const plan = plans.get(order.id) ?? NO_PLAN
    if (follows(order, plan)) return []
    const { before: _, ...kept } = order
    const { before, ...rest } = plan
    return { ...kept, rev: nextRev(order.rev, nowMs), ...rest, ...(before.length > 0 && { before }) }
  })
}

/**
 * Puts the orders `ids` first, in this sequence; the rider's others in hand keep theirs behind them.
 * Returns what changed, like `replan`; nothing when they are in this sequence already.
 * @param ids orders in hand among `ordersOfRider`, each once
 */
export function resequence(ordersOfRider: readonly Order[], ids: readonly string[], nowMs: number): Order[] {
  const current = inSequence(ordersOfRider)
  const rankOf = (order: Order) => ids.indexOf(order.id) >>> 0
  const wanted = current.toSorted((a, b) => rankOf(a) - rankOf(b))
  if (wanted.every((order, place) => order === current[place])) return []
  const numbers = new Map<string, number>()
  // Those that were never numbered and are not named now stay as they are: they come last in any case.
  for (const order of wanted) {
    if (ids.includes(order.id) || order.sequence !== undefined) numbers.set(order.id, numbers.size + 1)
  }
  const numbered = ordersOfRider.map((order) => {
    const sequence = numbers.get(order.id)
    return sequence === order.sequence || sequence === undefined
      ? order
      : { ...order, rev: nextRev(order.rev, nowMs), sequence }
  })
  const replanned = new Map(replan(numbered, nowMs).map((order) => [order.id, order]))
  return numbered.flatMap((order, i) => replanned.get(order.id) ?? (order === ordersOfRider[i] ? [] : order))
}

type Plan = Pick<Order, 'visible' | 'stops_before'> & { before: Point[] }

/** Of an order that nobody has in hand. */
const NO_PLAN: Plan = { visible: false, stops_before: 0, before: [] }

function follows(order: Order, plan: Plan): boolean {
  if (order.visible !== plan.visible || order.stops_before !== plan.stops_before) return false
  const { before = [] } = order
  const isSame = (point: Point, i: number) => point.lat === plan.before[i]?.lat && point.lng === plan.before[i]?.lng
  return before.length === plan.before.length && before.every(isSame)
}

/** What is left of an ended order once nobody may open it any more. */
export function stubOf(order: Pick<Order, 'id' | 'rev' | 'status' | 'ended_at_ms'>, nowMs: number): Order {
  const rest = { timeline: [], assignment: 0, visible: false, stops_before: 0, gone: true as const }
  const ended = order.ended_at_ms === undefined ? {} : { ended_at_ms: order.ended_at_ms }
  return { id: order.id, rev: nextRev(order.rev, nowMs), status: order.status, ...rest, ...ended }
}

/** The order that a fan-out node shows for a vouched id: nobody registered it, a signed token names it. */
export function vouchedOrder(id: string): Order {
  return { id, rev: 0, status: 'picked_up', timeline: [], assignment: 0, visible: true, stops_before: 0 }
}

/** Reads the value of a fact; undefined when it cannot be one (a poison fact is counted, never fatal). */
export function parseOrderFact(value: string): Order | undefined {
  try {
    const raw = JSON.parse(value) as Partial<Order> | null
    if (typeof raw?.id !== 'string' || typeof raw.rev !== 'number' || typeof raw.status !== 'string') return undefined
    return typeof raw.assignment === 'number' && Array.isArray(raw.timeline) ? (raw as Order) : undefined
  } catch {
    return undefined
  }
}
