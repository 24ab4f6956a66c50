/** The WebSocket: Bun's own handler (it shows what `send` came to, and `drain`), Hono only routes to it. */

import type { ServerWebSocket, WebSocketHandler } from 'bun'
import type { Claims } from '../domain/audience'
import { CLOSE, ZltError } from '../errors'
import type { VerifyToken } from '../http/authenticate'
import { type ClientFrame, parseClientFrame } from './client-frame'
import type { Hub } from './hub'
import { type Sink, Viewer } from './viewer'
import type { Grant, Viewers } from './viewers'

/** The only subprotocol there is. */
export const SUBPROTOCOL = 'zlt.v1'
/** What may wait in the kernel's stead for a slow peer; beyond, frames are conflated. */
const BACKPRESSURE_BYTES = 64 * 1024
/** Larger than any frame we take, so that ours is the refusal and not an abrupt end. */
const PAYLOAD_BYTES = 64 * 1024

/** What an upgraded connection starts with. */
export interface SocketData {
  claims: Claims
  grant: Grant
  viewer?: Viewer
}

/** Whether the client speaks our subprotocol, so that it must be echoed (RFC 6455 §4.2.2). */
export function offersSubprotocol(request: Request): boolean {
  const offered = request.headers.get('sec-websocket-protocol')?.split(',') ?? []
  return offered.some((name) => name.trim() === SUBPROTOCOL)
}

export interface SocketDeps {
  hub: Hub
  viewers: Viewers
  verify: VerifyToken
  frameLimitBytes: number
  framesPerSecond: number
  ordersPerSocket: number
  now(): number
}

export function socketHandler(deps: SocketDeps): WebSocketHandler<SocketData> {
  return {
    maxPayloadLength: PAYLOAD_BYTES,
    backpressureLimit: BACKPRESSURE_BYTES,
    closeOnBackpressureLimit: false,
    // Compression costs 200 KB a socket and more CPU than the bytes it saves.
    perMessageDeflate: false,
    // Both are ours: Bun's never closes a viewer that the server keeps pushing to.
    idleTimeout: 0,
    sendPings: false,
    open(socket) {
      const { claims, grant } = socket.data
      const viewer = new Viewer(new SocketSink(socket), claims, deps.now())
      socket.data.viewer = viewer
      // From here on the viewer knows what it watches; thousands of spent grants would only fill the memory.
      socket.data.grant = []
      deps.viewers.open(viewer, grant)
    },
    message(socket, message) {
      const viewer = socket.data.viewer
      if (viewer !== undefined) hear(deps, viewer, message)
    },
    pong({ data: { viewer } }) {
      if (viewer !== undefined) viewer.lastHeardMs = deps.now()
    },
    drain({ data: { viewer } }) {
      if (viewer !== undefined) deps.hub.drained(viewer)
    },
    close({ data: { viewer } }) {
      if (viewer !== undefined) deps.hub.remove(viewer)
    },
  }
}

class SocketSink implements Sink {
  readonly kind = 'socket'

  constructor(private readonly socket: ServerWebSocket<SocketData>) {}

  send(frame: string) {
    const outcome = this.socket.send(frame)
    return outcome > 0 ? 'sent' : outcome === -1 ? 'queued' : 'dropped'
  }

  ping(): void {
    this.socket.ping()
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason)
  }
}

function hear(deps: SocketDeps, viewer: Viewer, message: string | Buffer): void {
  const nowMs = deps.now()
  viewer.lastHeardMs = nowMs
  if (!viewer.mayTalk(deps.framesPerSecond, nowMs)) {
    deps.viewers.closeViewer(viewer, CLOSE.too_many, 'too_many_frames')
    return
  }
  const frame = readFrame(message, deps.frameLimitBytes)
  if (typeof frame === 'string') {
    deps.viewers.closeViewer(viewer, CLOSE.bad_frame, frame)
    return
  }
  if (frame.type === 'auth') void renew(deps, viewer, frame.token)
  else if (frame.type === 'watch') void watchMore(deps, viewer, frame.orderId)
  else if (frame.type === 'unwatch') deps.hub.unwatch(viewer, frame.orderId)
}

/** The frame, or what is wrong with it. */
function readFrame(message: string | Buffer, limitBytes: number): ClientFrame | string {
  if (typeof message !== 'string') return 'binary frame'
  if (Buffer.byteLength(message) > limitBytes) return 'frame too large'
  return parseClientFrame(message) ?? 'not a frame'
}

/** A fresh token takes over when it is the same person's; the socket stays open. */
async function renew({ hub, viewers, verify }: SocketDeps, viewer: Viewer, token: string): Promise<void> {
  try {
    const claims = await verify(token)
    const { sub, role } = viewer.claims
    if (claims.sub !== sub || claims.role !== role) viewers.closeViewer(viewer, CLOSE.forbidden, 'another identity')
    else {
      viewer.claims = claims
      // It may name fewer orders than the one before.
      hub.review(viewer)
    }
  } catch {
    viewers.closeViewer(viewer, CLOSE.token_ended, 'token_invalid')
  }
}

async function watchMore(
  { hub, viewers, ordersPerSocket, now }: SocketDeps,
  viewer: Viewer,
  orderId: string,
): Promise<void> {
  try {
    const grant = await viewers.admit(viewer.claims, [...new Set([...viewer.watches.keys(), orderId])])
    const added = grant.find((entry) => entry.orderId === orderId)
    if (added === undefined || viewer.closed || viewer.watches.has(orderId)) return
    // Others may have been let in while this one waited.
    if (viewer.watches.size >= ordersPerSocket) throw new ZltError('too_many_orders', 'too many orders on one socket')
    hub.watch(viewer, orderId, added.audience)
  } catch (error) {
    const code = error instanceof ZltError ? error.code : 'internal'
    viewer.send(JSON.stringify({ type: 'error', order_id: orderId, code }), now())
  }
}
