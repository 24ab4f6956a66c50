/** Reads request bodies: bounded, UTF-8, JSON, each refusal with its own code. */

import { ZltError } from '../errors'

/** Content types that are JSON: `application/json` and anything `+json`. */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i

/**
 * Reads and decodes a JSON body.
 * @param maxBytes larger bodies are refused, by their declared length where there is one, else while they arrive
 * @throws ZltError `unsupported_media_type`, `unsupported_encoding`, `body_too_large`, `invalid_utf8`, `malformed_json`
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type')
  if (type !== 'application/json' && (type === null || !JSON_TYPE.test(type))) {
    throw new ZltError('unsupported_media_type', `send Content-Type: application/json, not ${type ?? 'none'}`)
  }
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') {
    throw new ZltError('unsupported_encoding', `send the body without Content-Encoding (it is ${encoding})`)
  }
  const text = await readText(request, maxBytes)
  // text() decodes leniently; the replacement character has no place in any of our bodies.
  if (text.includes('\uFFFD')) throw new ZltError('invalid_utf8', 'send the body as UTF-8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ZltError('malformed_json', text.trim() === '' ? 'the body is empty' : (cause as Error).message)
  }
}

function readText(request: Request, maxBytes: number): Promise<string> {
  const declared = request.headers.get('content-length')
  if (declared === null) return whole(readChunked(request, maxBytes))
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes)
  return whole(request.text())
}

/** The client went away, or its chunks are none: nobody may hear this answer, and it is no failure of ours. */
function whole(text: Promise<string>): Promise<string> {
  return text.catch((cause) => {
    if (cause instanceof ZltError) throw cause
    throw new ZltError('malformed_json', 'the body ended before it was complete', { cause })
  })
}

async function readChunked(request: Request, maxBytes: number): Promise<string> {
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  // As text() does: lenient, and without a byte order mark (which RFC 8259 §8.1 lets us ignore).
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function tooLarge(maxBytes: number): ZltError {
  return new ZltError('body_too_large', `a body may have ${maxBytes} bytes at most`)
}
