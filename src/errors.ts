/** Every error the outside can see: one table, code → HTTP status, title, whether trying again can help. */

interface ErrorKind {
  status: number
  title: string
  retryable?: true
}

/** The table. A code is for ever: clients branch on it, so rename none. */
export const ERRORS = {
  // What was sent cannot be read
  bad_host: { status: 400, title: 'The Host header is missing or invalid' },
  bad_request_target: { status: 400, title: 'The request target cannot be read' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_utf8: { status: 400, title: 'The body is not valid UTF-8' },
  invalid_body: { status: 400, title: 'The body does not have the expected form' },
  invalid_parameter: { status: 400, title: 'A parameter is invalid' },
  required: { status: 400, title: 'A required field is missing' },
  wrong_type: { status: 400, title: 'A field has the wrong type' },
  out_of_range: { status: 400, title: 'A value is out of range' },
  invalid_id: { status: 400, title: 'An id is not 1–64 of A-Za-z0-9._:-' },
  time_unit: { status: 400, title: 'A time is outside the years 2000–2100' },
  future_time: { status: 400, title: 'One time is far ahead of all others in its request' },
  empty_batch: { status: 400, title: 'The array is empty' },
  too_many_fixes: { status: 400, title: 'Too many fixes in one request' },
  token_in_query: { status: 400, title: 'A token does not belong in the URL' },
  upgrade_required: { status: 426, title: 'This is a WebSocket endpoint' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  unsupported_encoding: { status: 415, title: 'The body must not be compressed' },
  // Who asks
  token_missing: { status: 401, title: 'A bearer token is required' },
  token_invalid: { status: 401, title: 'The token is not valid' },
  token_expired: { status: 401, title: 'The token has ended' },
  bad_credentials: { status: 401, title: 'Username or password is wrong' },
  forbidden: { status: 403, title: 'Your role may not do this' },
  forbidden_origin: { status: 403, title: 'Pages of this origin may not do this' },
  partner_mismatch: { status: 403, title: 'partner_id is not the token’s subject' },
  // What it is about
  not_found: { status: 404, title: 'There is nothing here' },
  order_not_found: { status: 404, title: 'No such order for you' },
  user_not_found: { status: 404, title: 'No such user' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  order_exists: { status: 409, title: 'An order with this id exists' },
  user_exists: { status: 409, title: 'A user with this name or id exists' },
  illegal_transition: { status: 409, title: 'The order cannot move there from where it is' },
  not_in_hand: { status: 409, title: 'The rider does not have these orders in hand' },
  not_a_partner: { status: 409, title: 'This user is not a delivery partner' },
  last_admin: { status: 409, title: 'The last active administrator must stay' },
  idempotency_conflict: { status: 409, title: 'This Idempotency-Key was used for another request' },
  // Our side
  too_many_requests: { status: 429, title: 'Too many requests', retryable: true },
  too_many_orders: { status: 429, title: 'Too many orders on one socket' },
  internal: { status: 500, title: 'Something went wrong on our side', retryable: true },
  log_unavailable: { status: 503, title: 'The log does not acknowledge', retryable: true },
  disk_full: { status: 503, title: 'No space is left to store this', retryable: true },
  database_unavailable: { status: 503, title: 'The database does not answer', retryable: true },
  overloaded: { status: 503, title: 'Too much work is waiting', retryable: true },
  not_ready: { status: 503, title: 'Still starting', retryable: true },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS

/** One thing wrong with one place of the input; `pointer` is an RFC 6901 JSON Pointer into the body. */
export interface Fault {
  pointer: string
  code: ErrorCode
  detail: string
}

/** What is thrown for anything the caller should be told; everything else is an `internal` 500. */
export class ZltError extends Error {
  readonly code: ErrorCode
  readonly faults: readonly Fault[] | undefined
  readonly retryAfterMs: number | undefined
  /** Members added to the problem document, such as `allowed` of an illegal transition. */
  readonly members: Record<string, unknown> | undefined

  constructor(
    code: ErrorCode,
    detail: string,
    options: {
      faults?: readonly Fault[]
      retryAfterMs?: number
      members?: Record<string, unknown>
      cause?: unknown
    } = {},
  ) {
    super(detail, { cause: options.cause })
    this.name = 'ZltError'
    this.code = code
    this.faults = options.faults
    this.retryAfterMs = options.retryAfterMs
    this.members = options.members
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

/** A start that failed because something it needs does not answer; the message names the setting and where that points. */
export class UnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UnreachableError'
  }
}

/** Whether sending the same thing again can succeed. */
export function isRetryable(code: ErrorCode): boolean {
  return 'retryable' in ERRORS[code]
}

/** Why a socket was closed (RFC 6455 private range). 1012 asks the client to come back; the 44xx range says what to change first. */
export const CLOSE = {
  restart: 1012,
  too_slow: 4008,
  bad_frame: 4400,
  token_ended: 4401,
  forbidden: 4403,
  not_found: 4404,
  silent: 4408,
  ended: 4410,
  too_many: 4429,
} as const

/** Where failures of background work go: never lost, never thrown at a caller who cannot help it. */
export type OnError = (error: unknown, where: { stage: string; [detail: string]: unknown }) => void
