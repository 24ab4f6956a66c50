/** Reads one HTTP/1.1 response from the bytes of a connection (RFC 9112). */

export interface HttpAnswer {
  status: number
  body: string
  /** Whether the connection can carry another request. */
  keepAlive: boolean
}

/** `incomplete` asks for more bytes; `untilClose` means that the body ends with the connection. */
export type Parsed =
  | { kind: 'answer'; answer: HttpAnswer }
  | { kind: 'incomplete' }
  | { kind: 'untilClose'; status: number; bodyAt: number }

/** The longest head taken; a real one has a few hundred bytes. */
const MAX_HEAD_BYTES = 64 * 1024

/** Looks for a whole response in `bytes`. @throws Error for what is no HTTP/1.1 response to a POST */
export function parseAnswer(bytes: Buffer): Parsed {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) {
    if (bytes.length > MAX_HEAD_BYTES) throw new Error('the response’s head does not end')
    return { kind: 'incomplete' }
  }
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/m.exec(head)?.[1])
  if (!(status >= 200)) throw new Error(`not a response this client reads: ${head.slice(0, 60)}`)
  const keepAlive = !/^connection:.*\bclose\b/im.test(head)
  const bodyAt = headEnd + 4
  if (status === 204) return { kind: 'answer', answer: { status, body: '', keepAlive } }

  if (/^transfer-encoding:.*\bchunked\b/im.test(head)) {
    const body = joinChunks(bytes, bodyAt)
    return body === undefined ? { kind: 'incomplete' } : { kind: 'answer', answer: { status, body, keepAlive } }
  }
  const length = /^content-length:\s*(\d+)/im.exec(head)?.[1]
  if (length === undefined) return { kind: 'untilClose', status, bodyAt }
  const end = bodyAt + Number(length)
  if (bytes.length < end) return { kind: 'incomplete' }
  return { kind: 'answer', answer: { status, body: bytes.toString('utf8', bodyAt, end), keepAlive } }
}

/** The chunks' contents, or undefined while the last one is missing. Trailers are taken to be empty. */
function joinChunks(bytes: Buffer, from: number): string | undefined {
  const parts: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (!(size >= 0)) throw new Error('a chunk without a size')
    const dataAt = lineEnd + 2
    if (bytes.length < dataAt + size + 2) return undefined
    if (size === 0) return Buffer.concat(parts).toString('utf8')
    parts.push(bytes.subarray(dataAt, dataAt + size))
    at = dataAt + size + 2
  }
}
