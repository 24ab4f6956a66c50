/** A WebSocket client over bare TCP (RFC 6455) that only looks at what it is sent: thousands fit beside the server. */

import type { Socket } from 'bun'

/** Told of each text frame as its bytes, valid during the call only. */
export type OnFrame = (payload: Buffer) => void

const TEXT = 1
const CLOSE = 8
const PING = 9

/** One open viewer. */
export class RawViewer {
  #socket: Socket | undefined
  #rest: Buffer | undefined
  #isOpen = false

  private constructor(private readonly onFrame: OnFrame) {}

  /** Opens `/ws?order_id=`. @throws when the server refuses */
  static async open(host: string, port: number, order: string, token: string, onFrame: OnFrame): Promise<RawViewer> {
    const viewer = new RawViewer(onFrame)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    viewer.#socket = await Bun.connect({
      hostname: host,
      port,
      socket: {
        data: (_socket, bytes) => {
          if (viewer.#isOpen) return viewer.#take(bytes)
          const headEnd = bytes.indexOf('\r\n\r\n')
          if (headEnd < 0 || bytes.toString('latin1', 9, 12) !== '101')
            return reject(new Error(bytes.toString('latin1')))
          viewer.#isOpen = true
          resolve()
          if (bytes.length > headEnd + 4) viewer.#take(bytes.subarray(headEnd + 4))
        },
        error: (_socket, error) => reject(error),
      },
    })
    viewer.#socket.write(
      `GET /ws?order_id=${order} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    )
    await promise
    return viewer
  }

  close(): void {
    this.#socket?.end()
  }

  #take(bytes: Buffer): void {
    let data = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    this.#rest = undefined
    for (;;) {
      const length = data.length < 2 ? 0 : (data[1] as number) & 0x7f
      const head = length === 126 ? 4 : length === 127 ? 10 : 2
      if (data.length < head) break
      const size = length === 126 ? data.readUInt16BE(2) : length === 127 ? Number(data.readBigUInt64BE(2)) : length
      if (data.length < head + size) break
      this.#handle((data[0] as number) & 0x0f, data.subarray(head, head + size))
      data = data.subarray(head + size)
    }
    // The bytes are the socket's own and will be overwritten.
    if (data.length > 0) this.#rest = Buffer.from(data)
  }

  #handle(opcode: number, payload: Buffer): void {
    if (opcode === TEXT) this.onFrame(payload)
    // A masked pong with an empty payload, its mask all zeros.
    else if (opcode === PING) this.#socket?.write(new Uint8Array([0x8a, 0x80, 0, 0, 0, 0]))
    else if (opcode === CLOSE) console.error(`closed: ${payload.subarray(2).toString()}`)
  }
}

/** Opens a viewer for each order, a few at a time; `tokenOf` may make the token first. */
export async function openViewers(
  { host, port }: { host: string; port: number },
  orders: readonly string[],
  tokenOf: (order: string) => string | Promise<string>,
  onFrame: OnFrame,
): Promise<RawViewer[]> {
  const viewers: RawViewer[] = []
  const AT_ONCE = 50
  for (let i = 0; i < orders.length; i += AT_ONCE) {
    const opened = orders
      .slice(i, i + AT_ONCE)
      .map(async (order) => RawViewer.open(host, port, order, await tokenOf(order), onFrame))
    viewers.push(...(await Promise.all(opened)))
  }
  return viewers
}
