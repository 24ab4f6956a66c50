/** Mounts handlers on the route table: who may call a route is decided here, from the table, and nowhere else. */

import { type Context, Hono } from 'hono'
import type { Claims } from '../domain/audience'
import { ZltError } from '../errors'
import type { Authenticate } from './authenticate'
import { problemResponse } from './problem'
import { type Operation, ROUTE_LIST, ROUTES, type Route, type Service } from './routes'
import { newTraceId } from './trace-id'

/** What the server hands to Hono with each request. */
export interface Bindings {
  /** Bun's server, for upgrades and timeouts. */
  server: Bun.Server<unknown>
}

/** What the middleware sets for handlers. */
export interface Variables {
  /** The verified token; absent on public routes. */
  claims: Claims
  /** When the request was taken, epoch ms. */
  receivedMs: number
}

export interface Env {
  Bindings: Bindings
  Variables: Variables
}

export type Handler = (c: Context<Env>) => Response | Promise<Response>

/** What a role brings: a handler per operation it serves. */
export type Handlers = Partial<Record<Operation, Handler>>

/** How the router is fitted into its process. */
export interface AppOptions {
  /** Operations that a setting opens to everybody. */
  publicRoutes?: readonly Operation[]
  /** The one role of this process: a route of another is refused by a word on who serves it. */
  service?: Service | undefined
  /** Answers what no route does: the pages. */
  fallback?(request: Request): Response | undefined
  /** Hears of everything that became an `internal` answer. */
  onError(error: unknown, traceId: string): void
}

/**
 * Builds the router.
 *
 * Each request matches one handler and no middleware: composing several costs Hono 5 µs, a quarter of a whole request.
 */
export function buildApp(handlers: Handlers, authenticate: Authenticate, options: AppOptions): Hono<Env> {
  const app = new Hono<Env>()
  const methodsByPath = new Map<string, string[]>()
  for (const [operation, handler] of Object.entries(handlers) as [Operation, Handler][]) {
    const route: Route = ROUTES[operation]
    const isPublic = route.who === 'public' || options.publicRoutes?.includes(operation) === true
    const guarded =
      isPublic || route.who === 'public' ? publicRoute(handler) : guardedRoute(route.who, handler, authenticate)
    app.on(route.method, route.path, guarded)
    methodsByPath.set(route.path, [...(methodsByPath.get(route.path) ?? []), route.method])
  }
  // A router of its own, asked only when the first has nothing: in the first it would be a second match of every path.
  let refusals: Hono<Env> | undefined
  app.notFound((c) => {
    refusals ??= buildRefusals(methodsByPath, options)
    return refusals.fetch(c.req.raw, c.env)
  })
  app.onError((error) => {
    const traceId = newTraceId()
    if (!(error instanceof ZltError)) options.onError(error, traceId)
    return problemResponse(error, traceId)
  })
  return app
}

/** Answers what no handler does: another method on a path of ours, a page, or nothing. */
function buildRefusals(methodsByPath: ReadonlyMap<string, string[]>, options: AppOptions): Hono<Env> {
  const refusals = new Hono<Env>()
  const { service } = options
  for (const route of service === undefined ? [] : ROUTE_LIST) {
    if (route.service === service || route.service === 'every') continue
    refusals.on(route.method, route.path, servedElsewhere(route, service as Service))
  }
  for (const [path, methods] of methodsByPath) refusals.all(path, methodNotAllowed(methods))
  refusals.notFound((c) => {
    const page = options.fallback?.(c.req.raw)
    return page ?? problemResponse(new ZltError('not_found', `nothing at ${c.req.path}`), newTraceId())
  })
  return refusals
}

function publicRoute(handler: Handler): Handler {
  return function publicHandler(c) {
    c.set('receivedMs', Date.now())
    return handler(c)
  }
}

function guardedRoute(who: Exclude<Route['who'], 'public'>, handler: Handler, authenticate: Authenticate): Handler {
  return async function guardedHandler(c) {
    c.set('receivedMs', Date.now())
    // A cached token answers at once: awaiting it would cost every fix a turn of the microtask queue.
    const found = authenticate(c.req.raw)
    const claims = found instanceof Promise ? await found : found
    if (!who.includes(claims.role)) {
      throw new ZltError('forbidden', `this needs the role ${who.join(' or ')}; the token’s is ${claims.role}`)
    }
    c.set('claims', claims)
    return handler(c)
  }
}

/** Not a 421 or 503: no retry will help, and whoever routes requests to the roles has it wrong. */
function servedElsewhere({ method, path, service }: Route, here: Service): Handler {
  return function refuseRoute() {
    const detail = `${method} ${path} is served by the role ${service}; this process is ${here}`
    return problemResponse(new ZltError('not_found', detail), newTraceId())
  }
}

function methodNotAllowed(methods: readonly string[]): Handler {
  const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods
  return function refuseMethod(c) {
    const error = new ZltError('method_not_allowed', `${c.req.method} is not allowed here; use ${allow.join(', ')}`)
    const response = problemResponse(error, newTraceId())
    response.headers.set('allow', allow.join(', '))
    return response
  }
}
