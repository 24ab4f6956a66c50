/** Kafka's messages as the port's records. */

import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { StoredRecord } from '../../ports/log'

/** Offsets are below 2^53. What is not UTF-8 in another program's record is replaced by U+FFFD, as `toString` does. */
export function storedRecord({ offset, key, value, headers, timestamp }: KafkaMessage): StoredRecord {
  return {
    at: Number(offset),
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: headers === undefined ? {} : plainHeaders(headers),
    appendedMs: Number(timestamp),
  }
}

/** Of a header that came several times, the last counts. */
function plainHeaders(headers: IHeaders): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, given] of Object.entries(headers)) {
    const last = Array.isArray(given) ? given.at(-1) : given
    if (last !== undefined) plain[name] = last.toString()
  }
  return plain
}
