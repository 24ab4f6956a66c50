/** Errors as the outside gets them: `application/problem+json` (RFC 9457) with a stable `code`. */

import { ERRORS, type ErrorCode, ZltError } from '../errors'

/**
 * Renders an error. Anything that is not a `ZltError` becomes `internal` and shows nothing of itself.
 * @param traceId ties the answer to the log line of this request
 */
export function problemResponse(error: unknown, traceId: string): Response {
  const known = error instanceof ZltError ? error : new ZltError('internal', 'see the server’s log under this trace_id')
  const kind = ERRORS[known.code]
  const body: Record<string, unknown> = {
    type: `urn:zlt:error:${known.code}`,
    title: kind.title,
    status: kind.status,
    code: known.code,
    detail: known.message,
    trace_id: traceId,
    ...known.members,
  }
  if (known.faults !== undefined && known.faults.length > 0) body.errors = known.faults
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
  if (kind.status === 401) headers['www-authenticate'] = challenge(known.code)
  if (kind.status === 426) headers.upgrade = 'websocket'
  if (kind.status === 429 || kind.status === 503) {
    headers['retry-after'] = String(Math.max(1, Math.ceil((known.retryAfterMs ?? 1_000) / 1000)))
  }
  return new Response(JSON.stringify(body), { status: kind.status, headers })
}

/** The challenge of RFC 6750 §3: no error parameter when no token was sent. */
function challenge(code: ErrorCode): string {
  return code === 'token_missing' ? 'Bearer realm="zlt"' : 'Bearer realm="zlt", error="invalid_token"'
}
