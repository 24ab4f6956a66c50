/** Where an order stands; `delivered` and `cancelled` are ends. */
export const ORDER_STATUSES = ['created', 'assigned', 'picked_up', 'delivered', 'cancelled'] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

/** A place of an order as a viewer may know it. */
export type PlacePart = { lat: number; lng: number; name?: string }

/** What carries the order; decides speed limits and the glyph on the map. */
export type Vehicle = 'foot' | 'bicycle' | 'motorbike' | 'car' | 'van'

/** One entry of an order's history. `assigned` may appear more than once: each later one is a hand-over. */
export type TimelineEntry = { status: OrderStatus; at_ms: number }

/** The facts of an order; its version is `rev`. */
export type OrderPart = {
  rev: number
  status: OrderStatus
  timeline: TimelineEntry[]
  /** The `rev` of the assignment in force; 0 while nobody has it. */
  assignment: number
  /** Whether the rider may be shown. */
  visible: boolean
  /** Stops the rider makes before this drop. */
  stops_before: number
  pickup?: PlacePart
  drop?: PlacePart
  vehicle?: Vehicle
  promised_ms?: number
}

/** What the rider is doing, as far as its fixes tell. */
export type Motion = 'moving' | 'waiting' | 'at_pickup' | 'at_other_stop' | 'catching_up'

/** How near the rider is; derived with hysteresis, so it does not flicker. */
export type Arrival = 'nearby' | 'arriving' | 'arrived'

/** When the rider is expected at the drop. */
export type Eta = { arrival_ms: number; earliest_ms: number; latest_ms: number; source: 'route' | 'estimate' }

/** One fix of the rider and all that follows from it; its version is (`at`, `rev`). */
export type PositionPart = {
  /** The record's offset in its partition. */
  at: number
  /** The order's revision this fix was projected under. */
  rev: number
  assignment: number
  id?: string
  lat: number
  lng: number
  /** `fix_time_ms` in whole epoch seconds. */
  timestamp: number
  fix_time_ms: number
  received_ms: number
  accuracy_m?: number
  heading_deg?: number
  speed_mps?: number
  route_id?: string
  /** How far along the route named by `route_id` the rider is. */
  along_m?: number
  remaining_m?: number
  eta?: Eta
  motion: Motion
  /** Since when `motion` holds. */
  since_ms: number
  arrival?: Arrival
  /** The position is stale when no newer one came for this long. */
  stale_after_ms: number
}

/** The line that `position.along_m` lies on; `id` is its content's hash. */
export type RoutePart = { id: string; polyline: string; precision: number }

/** A `view` frame as it is sent; an absent part deletes nothing. */
export type ViewFrame = {
  type: 'view'
  order_id: string
  epoch: number
  now_ms: number
  order?: OrderPart
  position?: PositionPart
  route?: RoutePart
}

/** What is known of an order: the newest of each part. */
export type View = {
  order_id: string
  /** The log's incarnation; versions compare only within one. */
  epoch: number
  order?: OrderPart
  position?: PositionPart
  route?: RoutePart
}

/** Whether order part `a` is newer than `b`; anything is newer than nothing. */
export function isNewerOrder(a: Pick<OrderPart, 'rev'>, b: Pick<OrderPart, 'rev'> | undefined): boolean {
  return b === undefined || a.rev > b.rev
}

/** Whether position part `a` is newer than `b` of the same epoch, by (`at`, `rev`) and never by a clock. */
export function isNewerPosition(
  a: Pick<PositionPart, 'at' | 'rev'>,
  b: Pick<PositionPart, 'at' | 'rev'> | undefined,
): boolean {
  return b === undefined || a.at > b.at || (a.at === b.at && a.rev > b.rev)
}

/**
 * Folds a frame into a view.
 *
 * A greater epoch replaces all, a lower one changes nothing, and so does a frame of another order.
 * Pure; returns `view` itself when nothing changed, so that `===` tells whether to draw or send.
 *
 * A route is taken when the merged position names it, or when the one at hand is not named either. So a
 * route must come with or after the position that names it; a replayed old route cannot displace the one in use.
 */
export function mergeView(view: View | undefined, frame: Omit<ViewFrame, 'type' | 'now_ms'>): View {
  if (view === undefined || (frame.order_id === view.order_id && frame.epoch > view.epoch)) return viewOf(frame)
  if (frame.order_id !== view.order_id || frame.epoch < view.epoch) return view

  const order = frame.order && isNewerOrder(frame.order, view.order) ? frame.order : view.order
  const position = frame.position && isNewerPosition(frame.position, view.position) ? frame.position : view.position
  const route = chooseRoute(view.route, frame.route, position?.route_id)
  if (order === view.order && position === view.position && route === view.route) return view

  return viewOf({ order_id: view.order_id, epoch: view.epoch, order, position, route })
}

/** Whether the order is over: nothing about the rider is shown any more. */
export function isEnded(order: Pick<OrderPart, 'status'>): boolean {
  return order.status === 'delivered' || order.status === 'cancelled'
}

/**
 * The position a viewer may be shown now, if any.
 *
 * Only while it belongs to the assignment in force and the order is visible and not ended: so a hand-over
 * blanks the marker by itself, and no part has to be deleted for it.
 */
export function shownPosition(view: View): PositionPart | undefined {
  const { order, position } = view
  if (!order || !position || !order.visible || isEnded(order)) return undefined
  return position.assignment === order.assignment ? position : undefined
}

/** The route that `position.along_m` lies on, if it is at hand. */
export function routeOf(view: View, position: PositionPart): RoutePart | undefined {
  return view.route && view.route.id === position.route_id ? view.route : undefined
}

type Parts = {
  order_id: string
  epoch: number
  order?: OrderPart | undefined
  position?: PositionPart | undefined
  route?: RoutePart | undefined
}

function viewOf({ order_id, epoch, order, position, route }: Parts): View {
  return { order_id, epoch, ...(order && { order }), ...(position && { position }), ...(route && { route }) }
}

function chooseRoute(
  held: RoutePart | undefined,
  offered: RoutePart | undefined,
  namedId: string | undefined,
): RoutePart | undefined {
  // The id is the content's hash, so an equal id is an equal line.
  if (!offered || offered.id === held?.id) return held
  if (offered.id === namedId || !held || held.id !== namedId) return offered
  return held
}
