/** What an owner tells a hub of one order: its newest position for one audience, or that there is none. */

import type { Audience } from '../domain/audience'
import { type Order, vouchedOrder } from '../domain/order'
import { projectPosition } from '../domain/position'
import type { Track } from '../domain/track'
import { lineOf } from '../domain/trip'
import type { PositionMessage } from '../ports/mail'

/** @param order undefined when no table knows the id */
export function positionMessage(
  orderId: string,
  track: Track | undefined,
  order: Order | undefined,
  audience: Audience,
  epoch: number,
): PositionMessage {
  const known = order ?? vouchedOrder(orderId)
  const part = track === undefined ? undefined : projectPosition(track, known, audience)
  const message: PositionMessage = {
    type: 'position',
    order: orderId,
    audience,
    epoch,
    at: part?.at ?? -1,
    rev: part?.rev ?? known.rev,
    assignment: part?.assignment ?? 0,
    receivedMs: part?.received_ms ?? 0,
    json: part === undefined ? null : JSON.stringify(part),
  }
  if (part?.route_id !== undefined) message.routeId = part.route_id
  if (audience === 'ops' && track !== undefined) message.dropped = track.dropped
  return message
}

/** The message with the line that its position names. */
export function withLine(message: PositionMessage, track: Track): PositionMessage {
  const line = track.trip === undefined ? undefined : lineOf(track.trip)
  if (line === undefined || line.id !== message.routeId) return message
  const { id, polyline, precision } = line
  return { ...message, routeJson: JSON.stringify({ id, polyline, precision }) }
}
