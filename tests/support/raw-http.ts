/** HTTP/1.1 over a bare socket: for requests that no client library lets through, and peers that misbehave. */

import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What came back on one connection. */
export interface RawExchange {
  answers: RawAnswer[]
  /** Bytes that are not a complete answer. */
  rest: string
  closed: boolean
}

export interface RawOptions {
  /** Stop once so many answers are complete. */
  answers?: number
  /** Give up waiting after this long; what came until then is returned. */
  withinMs?: number
  /** Bytes sent after the first ones, each after a wait. */
  later?: readonly { afterMs: number; bytes: string | Uint8Array }[]
}

/** Opens a connection; resolves once connected. */
export function openRaw(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      // The server may reset a connection it has refused; that is an outcome, not a failure of the test.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** Sends bytes as they are and reads until enough answers came, the peer closed, or time is up. */
export async function exchange(
  port: number,
  bytes: string | Uint8Array,
  { answers: wanted = 1, withinMs = 3_000, later = [] }: RawOptions = {},
): Promise<RawExchange> {
  const socket = await openRaw(port)
  let received = Buffer.alloc(0)
  let closed = false
  const timers: Timer[] = []
  const enough = new Promise<void>((resolve) => {
    timers.push(setTimeout(resolve, withinMs))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (splitAnswers(received).answers.length >= wanted) resolve()
    })
    socket.on('close', () => {
      closed = true
      resolve()
    })
  })
  socket.write(bytes)
  for (const { afterMs, bytes: more } of later) timers.push(setTimeout(() => socket.write(more), afterMs))
  await enough
  for (const timer of timers) clearTimeout(timer)
  socket.destroy()
  return { ...splitAnswers(received), closed }
}

/** Takes complete answers off the front; one without a length is complete with its head. */
export function splitAnswers(received: Buffer): { answers: RawAnswer[]; rest: string } {
  const answers: RawAnswer[] = []
  let at = 0
  for (;;) {
    const end = received.indexOf('\r\n\r\n', at)
    if (end < 0) break
    const [statusLine = '', ...lines] = received.subarray(at, end).toString('latin1').split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(':')
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    const status = Number(statusLine.split(' ')[1])
    const length = status === 101 || status === 204 || status === 304 ? 0 : Number(headers['content-length'] ?? 0)
    const bodyEnd = end + 4 + length
    if (received.length < bodyEnd) break
    answers.push({ status, headers, body: received.subarray(end + 4, bodyEnd).toString('utf8') })
    at = bodyEnd
  }
  return { answers, rest: received.subarray(at).toString('latin1') }
}
