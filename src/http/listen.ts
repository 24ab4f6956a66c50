/** The HTTP server of a process: Bun's own, with Hono for the routes; what must be refused before routing is refused here. */

import type { WebSocketHandler } from 'bun'
import type { Hono } from 'hono'
import { ZltError } from '../errors'
import type { Env } from './app'
import { corsHeaders, preflight } from './cors'
import { problemResponse } from './problem'

export interface ListenOptions<Data> {
  host: string
  port: number
  app: Hono<Env>
  socket?: WebSocketHandler<Data>
  allowedOrigins: readonly string[]
  /** Told of each answer's status. */
  onAnswer(status: number): void
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

/** Starts to listen. @throws ListenError */
export function listen<Data>(options: ListenOptions<Data>): Bun.Server<Data> {
  const { app, allowedOrigins, onAnswer, onError } = options
  const origins = new Set(allowedOrigins)

  function counted(response: Response): Response {
    onAnswer(response.status)
    return response
  }

  function fetch(request: Request, server: Bun.Server<Data>): Response | Promise<Response> {
    const response = answer(request, server)
    return response instanceof Promise ? response.then(counted) : counted(response)
  }

  function answer(request: Request, server: Bun.Server<Data>): Response | Promise<Response> {
    // Without a valid Host, Bun's url is only a path, and a router would cut it in the wrong place.
    if (!request.url.startsWith('http')) {
      return problemResponse(new ZltError('bad_host', 'send a valid Host header'), 'none')
    }
    const origin = origins.size > 0 ? request.headers.get('origin') : null
    if (origin === null || !origins.has(origin)) return app.fetch(request, { server })
    if (request.method === 'OPTIONS') return preflight(origin)
    return withCors(app.fetch(request, { server }), origin)
  }

  const shared = {
    hostname: options.host,
    port: options.port,
    fetch,
    error(error: Error) {
      onError(error)
      return problemResponse(error, 'none')
    },
  }
  try {
    return options.socket === undefined
      ? (Bun.serve(shared as Bun.Serve.Options<Data>) as Bun.Server<Data>)
      : Bun.serve<Data>({ ...shared, websocket: options.socket } as Bun.Serve.Options<Data>)
  } catch (cause) {
    throw new ListenError(explain(cause, options), { cause })
  }
}

async function withCors(answer: Response | Promise<Response>, origin: string): Promise<Response> {
  const response = await answer
  for (const [name, value] of Object.entries(corsHeaders(origin))) response.headers.set(name, value)
  return response
}

function explain(cause: unknown, { host, port }: { host: string; port: number }): string {
  const code = (cause as { code?: string }).code
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is taken; stop what uses it, or choose another with --port`
  if (code === 'EACCES') return `port ${port} needs more rights; choose one above 1023 with --port`
  return `cannot listen on ${host}:${port}: ${(cause as Error).message}`
}
