/** One HTTP exchange with an engine, of which every end is an answer: nothing here throws, and nothing grows for ever. */

import type { Unavailable } from '../../ports/routes'
import { unavailable } from './answers'
import { endedAnswer } from './child-abort'

/** A long day's route is some 100 KB; one across a continent, with a time for each step, about 2 MB. */
const BODY_LIMIT_BYTES = 4 * 2 ** 20
const LONGEST_RETRY_AFTER_MS = 600_000

/** What to ask. The URL may hold a key: it goes into no message. */
export interface EngineRequest {
  url: URL
  method?: 'GET' | 'POST'
  /** JSON. */
  body?: string
  /** Asks for a connection of its own. */
  closeAfter?: boolean
}

/** The engine's JSON, as a good answer or as one of its own refusals (4xx). */
export interface EngineReply {
  kind: 'reply'
  body: unknown
}

/** Asks the engine. A status that no engine uses for what it says of a route is `unavailable`. */
export async function askEngine(request: EngineRequest, signal: AbortSignal): Promise<EngineReply | Unavailable> {
  try {
    // A redirect leads to a page for people, or to a place that the settings do not name.
    const response = await fetch(request.url, {
      method: request.method ?? 'GET',
      redirect: 'manual',
      signal,
      headers: {
        accept: 'application/json',
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
        ...(request.closeAfter === true && { connection: 'close' }),
      },
      ...(request.body !== undefined && { body: request.body }),
    })
    const refused = refusedStatus(response)
    if (refused !== undefined) {
      await response.body?.cancel()
      return refused
    }
    const text = await readText(response)
    if (text === undefined) return unavailable('unreadable', `an answer of more than ${BODY_LIMIT_BYTES} bytes`)
    return parseReply(text, response.status)
  } catch (error) {
    if (signal.aborted) return endedAnswer(signal)
    // What fetch says may name the whole URL; its code is enough.
    const code = (error as { code?: unknown } | null)?.code
    return unavailable('network', typeof code === 'string' ? code : 'the connection failed')
  }
}

function refusedStatus({ status, headers }: Response): Unavailable | undefined {
  if (status === 429) return unavailable('rate_limited', 'HTTP 429', retryAfterMs(headers.get('retry-after')))
  if (status === 401 || status === 402 || status === 403) return unavailable('denied', `HTTP ${status}`)
  if (status >= 500) return unavailable('server_error', `HTTP ${status}`, retryAfterMs(headers.get('retry-after')))
  if (status >= 300 && status < 400) return unavailable('unreadable', `HTTP ${status}: a redirect`)
  return undefined
}

/** Only in seconds (RFC 9110 §10.2.3): a date would need two clocks to agree. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null || !/^\d{1,6}$/.test(header)) return undefined
  return Math.min(Number(header) * 1000, LONGEST_RETRY_AFTER_MS)
}

/** The body, decompressed; undefined when it is larger than the limit. */
async function readText(response: Response): Promise<string | undefined> {
  if (Number(response.headers.get('content-length')) > BODY_LIMIT_BYTES) {
    await response.body?.cancel()
    return undefined
  }
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the body.
    if (bytes > BODY_LIMIT_BYTES) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parseReply(text: string, status: number): EngineReply | Unavailable {
  try {
    return { kind: 'reply', body: JSON.parse(text) }
  } catch {
    return unavailable('unreadable', `HTTP ${status} without JSON`)
  }
}
