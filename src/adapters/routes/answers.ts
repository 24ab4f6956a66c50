/** The answers that are no route. */

import type { NoRoute, Unavailable, UnavailableReason } from '../../ports/routes'

/** How long to wait by default: long where a person must mend something, short where load passes. */
const RETRY_AFTER_MS: Readonly<Record<UnavailableReason, number>> = {
  network: 5_000,
  timeout: 5_000,
  server_error: 5_000,
  rate_limited: 30_000,
  denied: 60_000,
  unreadable: 60_000,
  busy: 1_000,
  broken: 10_000,
  aborted: 0,
  closed: 60_000,
}

/** Nobody could say now. */
export function unavailable(
  reason: UnavailableReason,
  detail: string,
  retryAfterMs = RETRY_AFTER_MS[reason],
): Unavailable {
  return { kind: 'unavailable', reason, retryAfterMs, detail }
}

/** There is no route. */
export function noRoute(reason: NoRoute['reason'], detail: string): NoRoute {
  return { kind: 'no_route', reason, detail }
}
