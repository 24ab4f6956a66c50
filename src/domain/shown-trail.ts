/** Which points of a kept trail belong to what somebody looks at. Pure. */

import type { Audience } from './audience'
import { hasEnded, type Order, VOUCHED_LIFE_MS } from './order'
import type { TrailPoint } from './track'

/**
 * The points that `audience` may see, of those kept for the order.
 *
 * A trail is kept by the order's id, which a token may have named before anybody registered it, and which may be used
 * again: what was before the first assignment is another story. A rider sees its own way, not its predecessor's; a
 * customer sees it once the rider comes to them next, and until the end.
 * @param order undefined when no table knows the id: a vouched order, gone two hours after its last fix
 */
export function shownTrail(
  points: readonly TrailPoint[],
  order: Order | undefined,
  audience: Audience,
  nowMs: number,
): TrailPoint[] {
  if (order === undefined) {
    const isGone = points.every(({ timeMs }) => nowMs - timeMs > VOUCHED_LIFE_MS)
    return isGone ? [] : [...points]
  }
  if (audience === 'customer' && (order.stops_before > 0 || hasEnded(order))) return []
  const assigned = order.timeline.filter(({ status }) => status === 'assigned')
  const from = audience === 'rider' ? assigned.at(-1) : assigned[0]
  return from === undefined ? [] : points.filter(({ timeMs }) => timeMs >= from.at_ms)
}
