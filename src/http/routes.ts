/** Every HTTP route, once: the router mounts from this table, the tests walk it, and the API document is made from it. */

import type { Role } from '../domain/audience'
import type { ErrorCode } from '../errors'
import type { SchemaName } from './schemas'

/** The role of a process. `all` is every one of them in one process. */
export const SERVICES = ['auth', 'ingest', 'fanout'] as const
export type Service = (typeof SERVICES)[number]

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Hono's form: `/orders/:id`. */
  path: string
  /** The process role that serves it; `every` is mounted in each. */
  service: Service | 'every'
  /** Whose token may call it; `public` needs none. Finer rules (its own order) are the handler's. */
  who: readonly Role[] | 'public'
  summary: string
  body?: SchemaName
  /** Status → schema of the answer; null has no body. */
  answers: Readonly<Record<number, SchemaName | null>>
  /** Codes it may answer with besides those of every route that has a token or a body. */
  errors?: readonly ErrorCode[]
  query?: Readonly<Record<string, string>>
}

const EVERYBODY = ['ADMIN', 'DELIVERY_PARTNER', 'CUSTOMER', 'INTERNAL_SERVICE'] as const
const BACKEND = ['ADMIN', 'INTERNAL_SERVICE'] as const
const PAGED = { cursor: 'where the last page ended: its next_cursor', limit: 'items on a page, 1–500 (100)' } as const

export const ROUTES = {
  postLocation: {
    method: 'POST',
    path: '/location',
    service: 'ingest',
    who: ['DELIVERY_PARTNER'],
    summary: 'Send a fix, or an array of up to 200; 202 once the log has acknowledged',
    body: 'LocationBody',
    answers: { 202: 'LocationAnswer' },
    errors: [
      'required',
      'wrong_type',
      'out_of_range',
      'invalid_id',
      'time_unit',
      'future_time',
      'empty_batch',
      'too_many_fixes',
      'partner_mismatch',
      'order_not_found',
      'log_unavailable',
      'disk_full',
      'overloaded',
    ],
  },

  getSocket: {
    method: 'GET',
    path: '/ws',
    service: 'fanout',
    who: EVERYBODY,
    summary: 'Watch orders over a WebSocket (see the AsyncAPI document)',
    query: { order_id: 'an order to watch; repeatable, up to 8' },
    answers: { 101: null },
    errors: [
      'upgrade_required',
      'token_in_query',
      'invalid_parameter',
      'order_not_found',
      'too_many_orders',
      'too_many_requests',
      'not_ready',
    ],
  },
  getTrack: {
    method: 'GET',
    path: '/orders/:id/track',
    service: 'fanout',
    who: EVERYBODY,
    summary: 'The view of an order as it is now',
    answers: { 200: 'TrackAnswer' },
    errors: ['order_not_found', 'too_many_requests', 'not_ready'],
  },
  getTrackStream: {
    method: 'GET',
    path: '/orders/:id/track/stream',
    service: 'fanout',
    who: EVERYBODY,
    summary: 'The socket’s frames as server-sent events',
    answers: { 200: null },
    errors: ['order_not_found', 'too_many_requests', 'not_ready'],
  },
  getTrail: {
    method: 'GET',
    path: '/orders/:id/trail',
    service: 'fanout',
    who: EVERYBODY,
    summary: 'Where the rider has been with this order, as GeoJSON',
    answers: { 200: 'Trail' },
    errors: ['order_not_found', 'too_many_requests', 'not_ready'],
  },

  login: {
    method: 'POST',
    path: '/auth/login',
    service: 'auth',
    who: 'public',
    summary: 'Exchange username and password for an access token',
    body: 'LoginBody',
    answers: { 200: 'TokenAnswer' },
    errors: ['bad_credentials', 'too_many_requests'],
  },
  getMe: {
    method: 'GET',
    path: '/auth/me',
    service: 'auth',
    who: EVERYBODY,
    summary: 'What the token says of its bearer',
    answers: { 200: 'Me' },
  },
  getJwks: {
    method: 'GET',
    path: '/.well-known/jwks.json',
    service: 'auth',
    who: 'public',
    summary: 'The keys that verify tokens (RFC 7517)',
    answers: { 200: 'Jwks' },
  },

  createUser: {
    method: 'POST',
    path: '/users',
    service: 'auth',
    who: ['ADMIN'],
    summary: 'Create a user; the id is the token’s sub',
    body: 'UserInput',
    answers: { 201: 'User' },
    errors: ['user_exists', 'too_many_requests', 'disk_full'],
  },
  listUsers: {
    method: 'GET',
    path: '/users',
    service: 'auth',
    who: ['ADMIN'],
    summary: 'List users',
    query: PAGED,
    answers: { 200: 'UserList' },
    errors: ['invalid_parameter'],
  },
  getUser: {
    method: 'GET',
    path: '/users/:id',
    service: 'auth',
    who: ['ADMIN'],
    summary: 'One user',
    answers: { 200: 'User' },
    errors: ['user_not_found'],
  },
  patchUser: {
    method: 'PATCH',
    path: '/users/:id',
    service: 'auth',
    who: ['ADMIN'],
    summary: 'Change role or password, disable or enable',
    body: 'UserPatch',
    answers: { 200: 'User' },
    errors: ['user_not_found', 'last_admin', 'too_many_requests', 'disk_full'],
  },

  createOrder: {
    method: 'POST',
    path: '/orders',
    service: 'auth',
    who: BACKEND,
    summary: 'Create an order; Idempotency-Key is honoured',
    body: 'OrderInput',
    answers: { 201: 'Order', 202: 'Order' },
    errors: ['order_exists', 'idempotency_conflict', 'invalid_parameter', 'log_unavailable', 'disk_full'],
  },
  listOrders: {
    method: 'GET',
    path: '/orders',
    service: 'auth',
    who: EVERYBODY,
    summary: 'List orders: all for a backend, its own for a rider or a customer',
    query: { ...PAGED, status: 'only orders with this status' },
    answers: { 200: 'OrderList' },
    errors: ['invalid_parameter'],
  },
  getOrder: {
    method: 'GET',
    path: '/orders/:id',
    service: 'auth',
    who: EVERYBODY,
    summary: 'One order',
    answers: { 200: 'Order' },
    errors: ['order_not_found'],
  },
  patchOrder: {
    method: 'PATCH',
    path: '/orders/:id',
    service: 'auth',
    who: BACKEND,
    summary: 'Change what was said of an order at its creation',
    body: 'OrderPatch',
    answers: { 200: 'Order', 202: 'Order' },
    errors: ['order_not_found', 'illegal_transition', 'disk_full'],
  },
  forgetOrder: {
    method: 'DELETE',
    path: '/orders/:id',
    service: 'auth',
    who: BACKEND,
    summary: 'Forget an order: row, track and trail at once',
    answers: { 204: null },
    errors: ['order_not_found', 'disk_full'],
  },
  assignOrder: {
    method: 'POST',
    path: '/orders/:id/assign',
    service: 'auth',
    who: BACKEND,
    summary: 'Give the order to a rider; again is a hand-over',
    body: 'AssignBody',
    answers: { 200: 'Order', 202: 'Order' },
    errors: ['order_not_found', 'illegal_transition', 'not_a_partner', 'idempotency_conflict', 'disk_full'],
  },
  setOrderStatus: {
    method: 'POST',
    path: '/orders/:id/status',
    service: 'auth',
    who: ['ADMIN', 'INTERNAL_SERVICE', 'DELIVERY_PARTNER'],
    summary: 'Move the order along',
    body: 'StatusBody',
    answers: { 200: 'Order', 202: 'Order' },
    errors: ['order_not_found', 'illegal_transition', 'idempotency_conflict', 'disk_full'],
  },
  mintOrderToken: {
    method: 'POST',
    path: '/orders/:id/tokens',
    service: 'auth',
    who: ['INTERNAL_SERVICE'],
    summary: 'Mint a token that is good for this order alone',
    body: 'OrderTokenBody',
    answers: { 201: 'TokenAnswer' },
    errors: ['order_not_found'],
  },

  getHealth: {
    method: 'GET',
    path: '/healthz',
    service: 'every',
    who: 'public',
    summary: 'Whether the process lives',
    answers: { 200: 'Health' },
  },
  getReady: {
    method: 'GET',
    path: '/readyz',
    service: 'every',
    who: 'public',
    summary: 'Whether it can do its work now, and why not',
    answers: { 200: 'Readiness', 503: 'Readiness' },
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    service: 'every',
    who: ['ADMIN', 'INTERNAL_SERVICE'],
    summary: 'Metrics in Prometheus’ text format; a setting opens it to all',
    answers: { 200: null },
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    service: 'every',
    who: 'public',
    summary: 'This document',
    answers: { 200: null },
  },
  getAsyncApi: {
    method: 'GET',
    path: '/asyncapi.json',
    service: 'every',
    who: 'public',
    summary: 'The document of the socket and the topics (AsyncAPI 3)',
    answers: { 200: null },
  },
} as const satisfies Record<string, Route>

export type Operation = keyof typeof ROUTES

/** The routes as a list, with their names. */
export const ROUTE_LIST: readonly (Route & { operation: Operation })[] = Object.entries(ROUTES).map(
  ([operation, route]) => ({ ...(route as Route), operation: operation as Operation }),
)
