/** The HTTP server of a process: Bun's own, with Hono for the routes; what must be refused before routing is refused here. */

import type { WebSocketHandler } from 'bun'
import type { Hono } from 'hono'
import { ZltError } from '../errors'
import { withDeadline } from '../with-deadline'
import type { Env } from './app'
import { corsHeaders, preflight } from './cors'
import { problemResponse } from './problem'
import { newTraceId } from './trace-id'

export interface ListenOptions<Data> {
  host: string
  port: number
  app: Hono<Env>
  socket?: WebSocketHandler<Data>
  allowedOrigins: readonly string[]
  /** Told of each answer's status. */
  onAnswer?(status: number): void
  /** Hears of failures that reached nobody else. */
  onError(error: unknown): void
}

/** Port in use, or not ours to take: says what to do. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
  }
}

/** A server that listens. */
export interface Listener {
  /** Its origin. */
  readonly url: string
  /** From here on each answer ends its connection, so that kept-alive ones move to another node between two requests. */
  lastAnswers(): void
  /** Takes no more connections, waits for answers under way, 5 s at most, then ends what is left. */
  stop(): Promise<void>
}

const STOP_GRACE_MS = 5_000

/** Starts to listen. @throws ListenError */
export function listen<Data>(options: ListenOptions<Data>): Listener {
  const { app, allowedOrigins, onAnswer, onError } = options
  const origins = new Set(allowedOrigins)
  const hasGoodHost = hostCheck()
  let isLast = false

  function counted(response: Response): Response {
    onAnswer?.(response.status)
    if (isLast && response.status !== 101) response.headers.set('connection', 'close')
    return response
  }

  function fetch(request: Request, server: Bun.Server<Data>): Response | Promise<Response> {
    const response = answer(request, server)
    return response instanceof Promise ? response.then(counted) : counted(response)
  }

  function answer(request: Request, server: Bun.Server<Data>): Response | Promise<Response> {
    if (!hasGoodHost(request.url)) {
      return problemResponse(new ZltError('bad_host', 'send a valid Host header'), newTraceId())
    }
    const origin = request.headers.get('origin')
    if (origin === null) return app.fetch(request, { server })
    if (!origins.has(origin)) return answerOrigin(request, server, origin)
    if (request.method === 'OPTIONS') return preflight(origin)
    return withCors(app.fetch(request, { server }), origin)
  }

  /** Of our own pages, or of a page that no setting names: CORS keeps that from answers, but not from sockets. */
  function answerOrigin(request: Request, server: Bun.Server<Data>, origin: string): Response | Promise<Response> {
    const isSocket = request.headers.get('upgrade') !== null
    if (isSocket && URL.parse(origin)?.host !== new URL(request.url).host) {
      const detail = `pages of ${origin} may not open sockets here; name it in allowed-origins`
      return problemResponse(new ZltError('forbidden_origin', detail), 'none')
    }
    return app.fetch(request, { server })
  }

  const shared = {
    hostname: options.host,
    port: options.port,
    // Bun's own limit answers with an empty 413; ours are each route's, and what nobody reads is never held.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch,
    error(error: Error) {
      onError(error)
      return problemResponse(error, newTraceId())
    },
  }
  let server: Bun.Server<Data>
  try {
    server =
      options.socket === undefined
        ? (Bun.serve(shared as Bun.Serve.Options<Data>) as Bun.Server<Data>)
        : Bun.serve<Data>({ ...shared, websocket: options.socket } as Bun.Serve.Options<Data>)
  } catch (cause) {
    throw new ListenError(explain(cause, options), { cause })
  }
  return {
    url: server.url.origin,
    lastAnswers() {
      isLast = true
    },
    async stop() {
      await withDeadline(server.stop(), STOP_GRACE_MS)
      await server.stop(true)
    },
  }
}

/**
 * Makes the check that a request's URL is one: Bun builds it from the Host header as that came, so it may be only a path,
 * or nothing that `new URL` takes. Nearly all requests name the same host, which then costs one comparison.
 */
function hostCheck(): (url: string) => boolean {
  let knownPrefix = 'http://localhost/'
  return function hasGoodHost(url) {
    if (url.startsWith(knownPrefix)) return true
    if (!url.startsWith('http') || !URL.canParse(url)) return false
    const pathAt = url.indexOf('/', 'https://'.length)
    if (pathAt > 0) knownPrefix = url.slice(0, pathAt + 1)
    return true
  }
}

async function withCors(answer: Response | Promise<Response>, origin: string): Promise<Response> {
  const response = await answer
  for (const [name, value] of Object.entries(corsHeaders(origin))) response.headers.append(name, value)
  return response
}

function explain(cause: unknown, { host, port }: { host: string; port: number }): string {
  const code = (cause as { code?: string }).code
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is taken; stop what uses it, or choose another with --port`
  if (code === 'EACCES') return `port ${port} needs more rights; choose one above 1023 with --port`
  return `cannot listen on ${host}:${port}: ${(cause as Error).message}`
}
