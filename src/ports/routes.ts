/**
 * Routes: along which streets a rider will go, and how long that takes.
 *
 * A provider MUST answer every request with a `RouteAnswer` and MUST NOT reject or throw, whatever an engine says, sends
 * or leaves unsaid. `tests/contract/routes.contract.ts` is these MUSTs as tests; every adapter passes it.
 */

import type { Point } from '../domain/geo'
import type { Vehicle } from '../domain/view'

/** A line as its owner wrote it: Google's encoded polyline, and how many decimals it keeps. */
export interface EncodedLine {
  readonly polyline: string
  readonly precision: number
}

export interface RouteRequest {
  readonly from: Point
  readonly to: Point
  /** Stops on the way, in order. */
  readonly via?: readonly Point[]
  /** Without it, a car. */
  readonly vehicle?: Vehicle
  /** Where the rider at `from` is heading, degrees clockwise from north. A wish: MUST NOT be why there is no route. */
  readonly headingDeg?: number
  /** The line that the order came with. Leave it out to route anew when the rider has left it. */
  readonly line?: EncodedLine
}

/**
 * How far, in metres, a route's ends and its passage by each stop may lie from what was asked. Beyond that it is another
 * place: engines snap a point of Bangalore to a street of Monaco when that is all the map they have.
 */
export const ROUTE_REACH_M = 500

/** A way there. Its line MUST decode at `precision` to two points or more and keep `ROUTE_REACH_M`. */
export interface Route extends EncodedLine {
  readonly kind: 'route'
  /** MUST fit the line's own length. */
  readonly distanceM: number
  readonly durationS?: number
  /** One entry for each step from point to point; may sum to less than `durationS`, which also counts turns. */
  readonly segmentSeconds?: readonly number[]
  /** An engine's streets, the order's own line, or the crow's: only the first two may be drawn as a road. */
  readonly source: 'engine' | 'caller' | 'straight'
}

/**
 * There is none, and asking the same again is of no use: no street near one of the places (`off_road`), none that joins
 * them (`no_way`), or a request that cannot be answered (`refused`).
 */
export interface NoRoute {
  readonly kind: 'no_route'
  readonly reason: 'off_road' | 'no_way' | 'refused'
  /** For the log; holds no place and no secret. */
  readonly detail: string
}

/** Why nobody could say: `broken` is a breaker that has opened, `aborted` the caller's own signal. */
export type UnavailableReason =
  | 'network'
  | 'timeout'
  | 'server_error'
  | 'rate_limited'
  | 'denied'
  | 'unreadable'
  | 'busy'
  | 'broken'
  | 'aborted'
  | 'closed'

/** Nobody could say now; the same request may be answered `retryAfterMs` from now, not before. */
export interface Unavailable {
  readonly kind: 'unavailable'
  readonly reason: UnavailableReason
  readonly retryAfterMs: number
  /** For the log; holds no place and no secret. */
  readonly detail: string
}

export type RouteAnswer = Route | NoRoute | Unavailable

export interface RouteProvider {
  /** Finds a way. MUST answer soon after `signal` aborts, by `unavailable` unless it had the answer at hand. */
  route(request: RouteRequest, signal?: AbortSignal): Promise<RouteAnswer>
  /** Gives up what is under way, so that it is answered at once. Requests after it MUST be answered all the same. */
  close(): Promise<void>
}
