/** The table of idempotency keys: what a caller asked under a key, and what it was answered. */

import type { Tx } from './database'

/** How long a key is remembered. */
export const IDEMPOTENCY_MS = 24 * 3_600_000

/** What is known of a key. `answer` is null when the order it was about has been forgotten since. */
export interface KeptAnswer {
  requestHash: string
  answer: string | null
}

/**
 * Takes a key for the transaction under way, so that of two requests at once the second waits and then finds the answer.
 * @returns what was kept, when the key was used within the last 24 h
 */
export async function claimKey(
  tx: Tx,
  caller: string,
  key: string,
  requestHash: string,
  nowMs: number,
): Promise<KeptAnswer | undefined> {
  await tx`DELETE FROM idempotency_keys
    WHERE caller = ${caller} AND idempotency_key = ${key} AND created_at_ms <= ${nowMs - IDEMPOTENCY_MS}`
  const claimed = await tx`
    INSERT INTO idempotency_keys (caller, idempotency_key, request_hash, created_at_ms)
    VALUES (${caller}, ${key}, ${requestHash}, ${nowMs}) ON CONFLICT DO NOTHING RETURNING caller`
  if (claimed.length === 1) return undefined
  const rows = await tx`SELECT request_hash, answer FROM idempotency_keys
    WHERE caller = ${caller} AND idempotency_key = ${key}`
  return rows.length === 0 ? undefined : { requestHash: rows[0].request_hash, answer: rows[0].answer }
}

/** Keeps the answer under a claimed key. */
export async function keepAnswer(tx: Tx, caller: string, key: string, orderId: string, answer: string): Promise<void> {
  await tx`UPDATE idempotency_keys SET order_id = ${orderId}, answer = ${answer}
    WHERE caller = ${caller} AND idempotency_key = ${key}`
}

/** Drops what was answered about an order, which may name people and places; its keys stay taken. */
export async function dropAnswersOf(tx: Tx, orderId: string): Promise<void> {
  await tx`UPDATE idempotency_keys SET answer = NULL WHERE order_id = ${orderId}`
}

/** Removes the keys that are no longer remembered. */
export async function purgeKeys(tx: Tx, nowMs: number): Promise<void> {
  await tx`DELETE FROM idempotency_keys WHERE created_at_ms <= ${nowMs - IDEMPOTENCY_MS}`
}
