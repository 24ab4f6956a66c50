/** What a failed send means: try again in a moment, or never. */

import { ZltError } from '../../errors'
import { isProtocolError } from './kafka-client'

/**
 * Kafka's answers that do not change with time: they are about the records themselves.
 *
 * kafkajs' `retriable` does not tell: it is false for a dead broker too, once the attempts are used up.
 */
const REFUSALS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
])

export function isRefusedForGood(error: unknown): boolean {
  return isProtocolError(error, REFUSALS)
}

/** How soon to come again: a leader that died is replaced in a few seconds. */
const RETRY_AFTER_MS = 1_000

export function unavailable(error: unknown): ZltError {
  if (error instanceof ZltError) return error
  // The cause names brokers: for our log, not for whoever asked.
  const detail = 'the log does not acknowledge; send this again in a moment'
  return new ZltError('log_unavailable', detail, { retryAfterMs: RETRY_AFTER_MS, cause: error })
}
