/** The routes of the fan-out role. */

import type { Context } from 'hono'
import type { Audience } from '../domain/audience'
import { isId } from '../domain/id'
import { shownTrail } from '../domain/shown-trail'
import { ZltError } from '../errors'
import type { Env, Handlers } from '../http/app'
import { refuseTokenInQuery } from '../http/authenticate'
import type { Log } from '../ports/log'
import type { Snapshots } from '../ports/snapshots'
import type { AccessTable } from '../tables/access'
import type { OrderTable } from '../tables/orders'
import type { Hub } from './hub'
import { offersSubprotocol, type SocketData, SUBPROTOCOL } from './socket'
import { openStream, STREAM_HEADERS } from './stream'
import { readView } from './track-view'
import type { Grant, Viewers } from './viewers'

export interface FanoutRoutesDeps {
  hub: Hub
  viewers: Viewers
  orders: OrderTable
  access: AccessTable
  log: Log
  snapshots: Snapshots
  now(): number
}

export function fanoutHandlers(deps: FanoutRoutesDeps): Handlers {
  const admitOne = async (c: Context<Env>): Promise<Grant[number]> => {
    const orderId = c.req.param('id')
    if (!isId(orderId)) throw new ZltError('order_not_found', 'no such order for you')
    const [grant] = await deps.viewers.admit(c.get('claims'), [orderId])
    return grant as Grant[number]
  }
  return {
    async getSocket(c) {
      return upgrade(deps, c)
    },
    async getTrack(c) {
      const { orderId, audience } = await admitOne(c)
      return c.json(await readView(deps, c.get('claims'), orderId, audience), 200, { 'cache-control': 'no-store' })
    },
    async getTrackStream(c) {
      const grant = await admitOne(c)
      // Nobody reads or cancels the body of a HEAD: a viewer behind it would stay for ever.
      if (c.req.method === 'HEAD') return new Response(null, { headers: STREAM_HEADERS })
      // Bun ends a response that is silent for 10 s; this one may be.
      c.env.server.timeout(c.req.raw, 0)
      return openStream(deps.hub, deps.viewers, c.get('claims'), [grant], deps.now())
    },
    async getTrail(c) {
      const { orderId, audience } = await admitOne(c)
      return c.json(await readTrail(deps, orderId, audience), 200, { 'cache-control': 'no-store' })
    },
  }
}

/** The opening: every refusal is an ordinary answer before the 101. */
async function upgrade(deps: FanoutRoutesDeps, c: Context<Env>): Promise<Response> {
  const request = c.req.raw
  const query = new URL(request.url).searchParams
  refuseTokenInQuery(query)
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    throw new ZltError('upgrade_required', 'open this with a WebSocket client')
  }
  const orderIds = [...new Set(query.getAll('order_id'))]
  if (orderIds.length === 0) throw new ZltError('invalid_parameter', 'say what to watch: ?order_id=…')
  if (!orderIds.every(isId)) throw new ZltError('order_not_found', 'no such order for you')
  const claims = c.get('claims')
  const grant = await deps.viewers.admit(claims, orderIds)
  const headers: Record<string, string> = offersSubprotocol(request) ? { 'sec-websocket-protocol': SUBPROTOCOL } : {}
  const server = c.env.server as Bun.Server<SocketData>
  if (server.upgrade(request, { data: { claims, grant }, headers })) return new Response(null)
  throw new ZltError('upgrade_required', 'this is not a WebSocket handshake (RFC 6455 §4.1)')
}

/** GeoJSON (RFC 7946): a line with the times beside it. */
async function readTrail(deps: FanoutRoutesDeps, orderId: string, audience: Audience): Promise<unknown> {
  const trail = await deps.snapshots.trail(deps.log.partitionOf(orderId), orderId)
  const points = shownTrail(trail.points, deps.orders.get(orderId), audience, deps.now())
  return {
    type: 'Feature',
    // RFC 7946 §3.1.4: a line has two positions or more. The time of a single one tells that it is there.
    geometry: points.length < 2 ? null : { type: 'LineString', coordinates: points.map(({ lat, lng }) => [lng, lat]) },
    properties: { order_id: orderId, times_ms: points.map(({ timeMs }) => timeMs) },
    complete: trail.complete && (points.length > 0 || trail.points.length === 0),
  }
}
