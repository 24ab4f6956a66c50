/** The view of an order as one answer: what a socket would have been sent, and what the tracker refused. */

import type { Audience, Claims } from '../domain/audience'
import { audienceOf, projectOrder } from '../domain/audience'
import { hasEnded, vouchedOrder } from '../domain/order'
import { type PositionPart, type RoutePart, shownPosition, type View } from '../domain/view'
import { ZltError } from '../errors'
import type { AccessTable } from '../tables/access'
import type { OrderTable } from '../tables/orders'
import type { Hub } from './hub'
import { type Sink, Viewer } from './viewer'

/** How long to wait for the owner of the position. */
const POSITION_WAIT_MS = 500

export interface TrackAnswer extends View {
  now_ms: number
  /** The position is not known yet: ask again, or open the socket. */
  pending?: true
  /** Records dropped by code; for ADMIN. */
  dropped?: Partial<Record<string, number>>
}

const NOBODY: Sink = { kind: 'stream', send: () => 'sent', ping() {}, close() {} }

/** Reads the view by watching for a moment, as a viewer of its own. @throws ZltError `order_not_found` */
export async function readView(
  deps: { hub: Hub; orders: OrderTable; access: AccessTable; now(): number },
  claims: Claims,
  orderId: string,
  audience: Audience,
): Promise<TrackAnswer> {
  const { hub, orders, access, now } = deps
  const reader = new Viewer(NOBODY, claims, now())
  hub.watch(reader, orderId, audience)
  try {
    let held = hub.position(orderId, audience)
    const order = orders.get(orderId) ?? vouchedOrder(orderId)
    // A watch always has an answer; for an operator it also brings the newest counts.
    if (!hasEnded(order) && (held === undefined || audience === 'ops')) {
      if (held !== undefined) hub.askAgain(orderId)
      await hub.nextPosition(orderId, audience, POSITION_WAIT_MS)
      held = hub.position(orderId, audience)
    }
    // What was granted before the wait may have been handed over or forgotten since.
    const known = orders.get(orderId)
    if (audienceOf(claims, orderId, known) !== audience) throw new ZltError('order_not_found', 'no such order for you')
    const view: View = {
      order_id: orderId,
      epoch: access.epoch,
      order: projectOrder(known ?? vouchedOrder(orderId), audience),
    }
    if (held?.json) view.position = JSON.parse(held.json) as PositionPart
    const position = shownPosition(view)
    if (position === undefined) delete view.position
    const line = hub.line(orderId)
    if (line !== undefined && position?.route_id === line.id) view.route = JSON.parse(line.json) as RoutePart
    const answer: TrackAnswer = { ...view, now_ms: now() }
    if (held === undefined && !hasEnded(order)) answer.pending = true
    if (claims.role === 'ADMIN' && held?.dropped !== undefined) answer.dropped = held.dropped
    return answer
  } finally {
    hub.remove(reader)
  }
}
