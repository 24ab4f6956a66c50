/** What an owner tells a hub of one order: its newest position for one audience, or that there is none. */

import type { Audience } from '../domain/audience'
import { type Order, vouchedOrder } from '../domain/order'
import { projectPosition } from '../domain/position'
import type { Track } from '../domain/track'
import type { PositionMessage } from '../ports/mail'

/** @param order undefined when no table knows the id */
export function positionMessage(
  orderId: string,
  track: Track | undefined,
  order: Order | undefined,
  audience: Audience,
): PositionMessage {
  const known = order ?? vouchedOrder(orderId)
  const part = track === undefined ? undefined : projectPosition(track, known, audience)
  const dropped = audience === 'ops' && track !== undefined ? { dropped: track.dropped } : {}
  const message = { type: 'position' as const, order: orderId, audience, ...dropped }
  if (part === undefined) return { ...message, at: -1, rev: known.rev, assignment: 0, receivedMs: 0, json: null }
  const { at, rev, assignment, received_ms: receivedMs } = part
  return { ...message, at, rev, assignment, receivedMs, json: JSON.stringify(part) }
}
