/** Viewers for tests: a WebSocket client that records what it is sent, and one over a bare socket that can misbehave. */

import type { Socket } from 'node:net'
import type { Role } from '../../src/domain/audience.ts'
import { mergeView, shownPosition, type View, type ViewFrame } from '../../src/domain/view.ts'
import { exchange, openRaw, type RawAnswer, splitAnswers } from './raw-http.ts'
import { eventually, type TestServer, type TokenOptions } from './server.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every form
export type Frame = Record<string, any>

export interface Closing {
  code: number
  reason: string
}

export interface Viewer {
  /** Every frame so far. */
  frames: Frame[]
  /** The subprotocol the server chose. */
  protocol: string
  closing: Promise<Closing>
  send(frame: unknown): void
  /** Waits for a frame; those already here count. */
  until(what: string, matches: (frame: Frame) => boolean, withinMs?: number): Promise<Frame>
  /** What a page would know of the order. */
  view(order: string): View | undefined
  /** Waits until a page would show this. */
  shows(order: string, what: (view: View) => boolean, withinMs?: number): Promise<View>
  close(): void
}

export interface ViewerOptions extends TokenOptions {
  role?: Role
  sub?: string
  token?: string
  /** How the token travels. */
  by?: 'header' | 'subprotocol'
}

/** Opens a socket on some orders; resolves once it is open. */
export async function openViewer(
  server: Pick<TestServer, 'url' | 'token'>,
  orders: string[],
  options: ViewerOptions = {},
): Promise<Viewer> {
  const { role = 'CUSTOMER', sub = 'c1', by = 'header' } = options
  const token = options.token ?? (await server.token(role, sub, options))
  const url = `${server.url.replace('http', 'ws')}/ws?${orders.map((id) => `order_id=${id}`).join('&')}`
  const how =
    by === 'header'
      ? { headers: { authorization: `Bearer ${token}` } }
      : { protocols: ['zlt.v1', `zlt.bearer.${token}`] }
  const socket = new WebSocket(url, how as unknown as string[])
  const frames: Frame[] = []
  socket.onmessage = ({ data }) => frames.push(JSON.parse(String(data)))
  const closing = new Promise<Closing>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason })
  })
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error(`the socket on ${orders.join()} did not open`))
  })
  const viewer: Viewer = {
    frames,
    protocol: socket.protocol,
    closing,
    send: (frame) =>
      socket.send(
        typeof frame === 'string' || frame instanceof Uint8Array
          ? (frame as Uint8Array<ArrayBuffer>)
          : JSON.stringify(frame),
      ),
    until: (what, matches, withinMs) => eventually(what, () => frames.find(matches), withinMs),
    view: (order) => viewOf(frames, order),
    shows: (order, what, withinMs) =>
      eventually(
        `a view of ${order}`,
        () => {
          const view = viewOf(frames, order)
          return view !== undefined && what(view) ? view : undefined
        },
        withinMs,
      ),
    close: () => socket.close(),
  }
  return viewer
}

/** What a page that got these frames would know of the order. */
export function viewOf(frames: readonly Frame[], order: string): View | undefined {
  let view: View | undefined
  for (const frame of frames) {
    if (frame.type !== 'view' || frame.order_id !== order) continue
    view = mergeView(view, frame as unknown as ViewFrame)
  }
  return view
}

/** The place that a page would show now. */
export function shownAt(view: View | undefined): string | undefined {
  const position = view === undefined ? undefined : shownPosition(view)
  return position === undefined ? undefined : `${position.lat},${position.lng}`
}

const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** The bytes of an opening handshake. */
export function handshake(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${KEY}${headers}\r\n`
}

/** Tries to open a socket and gives the answer, which a browser would not show. */
export async function tryOpening(
  server: TestServer,
  path: string,
  token?: string,
): Promise<RawAnswer & { tookMs: number }> {
  const startedMs = performance.now()
  const headers = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  const { answers } = await exchange(server.port, handshake(path, headers))
  const [answer] = answers
  if (answer === undefined) throw new Error(`no answer to the opening of ${path}`)
  return { ...answer, tookMs: performance.now() - startedMs }
}

/** A WebSocket over a bare socket: it answers no ping, and reads only when told to. */
export interface RawViewer {
  socket: Socket
  answer: RawAnswer
  frames: Frame[]
  /** Close code, or −1 for an end without a close frame. */
  closing: Promise<Closing>
  /** Sends one frame, masked as clients must. */
  send(opcode: number, payload: string | Uint8Array): void
  close(): void
}

export async function openRawViewer(server: TestServer, path: string, token: string): Promise<RawViewer> {
  const socket = await openRaw(server.port)
  let pending: Buffer = Buffer.alloc(0)
  let answer: RawAnswer | undefined
  const frames: Frame[] = []
  let close: (closing: Closing) => void = () => {}
  const closing = new Promise<Closing>((resolve) => {
    close = resolve
  })
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    if (answer === undefined) {
      const { answers, rest } = splitAnswers(pending)
      answer = answers[0]
      if (answer === undefined) return
      pending = Buffer.from(rest, 'latin1')
    }
    for (;;) {
      const frame = takeFrame(pending)
      if (frame === undefined) break
      pending = frame.rest
      if (frame.opcode === 1) frames.push(JSON.parse(frame.payload.toString('utf8')))
      if (frame.opcode === 8) close({ code: frame.payload.readUInt16BE(0), reason: frame.payload.toString('utf8', 2) })
    }
  })
  socket.on('close', () => close({ code: -1, reason: '' }))
  socket.write(handshake(path, `Authorization: Bearer ${token}\r\n`))
  const opened = await eventually('the handshake', () => answer)
  return {
    socket,
    answer: opened,
    frames,
    closing,
    send: (opcode, payload) => socket.write(clientFrame(opcode, Buffer.from(payload as string))),
    close: () => socket.destroy(),
  }
}

/** One frame of a server (RFC 6455 §5.2). */
function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined
  const short = (bytes[1] as number) & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < head + length) return undefined
  return {
    opcode: (bytes[0] as number) & 0x0f,
    payload: bytes.subarray(head, head + length),
    rest: bytes.subarray(head + length),
  }
}

function clientFrame(opcode: number, payload: Buffer): Buffer {
  const long = payload.length > 0xffff
  const head = Buffer.alloc(payload.length < 126 ? 2 : long ? 10 : 4)
  head[0] = 0x80 | opcode
  head[1] = 0x80 | (payload.length < 126 ? payload.length : long ? 127 : 126)
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2)
  else if (payload.length >= 126) head.writeUInt16BE(payload.length, 2)
  // A mask of zeros is one too, and leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(4), payload])
}
