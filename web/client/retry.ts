/** What to do after a socket closed. */
export type AfterClose =
  | { kind: 'retry'; delayMs: number }
  /** The token ended: get a fresh one, once, or ask `/track` what it says of this one. */
  | { kind: 'refresh' }
  /** Coming back is pointless. */
  | { kind: 'stop' }

/** How long a WebSocket may take to open. */
export const handshakeTimeoutMs = 3_000

/** A socket that was silent for this long is dead: the server beats every 10 s. */
export const deadAfterMs = 22_000

const baseMs = 1_000
const capMs = 20_000

/**
 * The wait before attempt `n` (from 0): uniform over 0 … min(20 s, 1 s · 2ⁿ).
 *
 * Full jitter, so that the viewers of a restarted node do not return all at once.
 */
export function retryDelayMs(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 16)))
}

/**
 * Decides what a close code asks for.
 *
 * After 1012 the wait is exactly the server's `retry_after_ms` (it has spread its viewers already);
 * 4429 and 4400 wait as after many failures, since coming back fast would only repeat them.
 */
export function afterClose(code: number, reason: string, attempt: number, random: () => number): AfterClose {
  switch (code) {
    case 1012:
      return { kind: 'retry', delayMs: parseRetryAfterMs(reason) ?? retryDelayMs(attempt, random) }
    case 4401:
      return { kind: 'refresh' }
    case 4403:
    case 4404:
    case 4410:
      return { kind: 'stop' }
    case 4400:
    case 4429:
      return { kind: 'retry', delayMs: retryDelayMs(Math.max(attempt, 5), random) }
    default:
      return { kind: 'retry', delayMs: retryDelayMs(attempt, random) }
  }
}

/** Reads `retry_after_ms` from a close reason: JSON, `retry_after_ms=750` or the bare number; capped at a minute. */
export function parseRetryAfterMs(reason: string): number | undefined {
  const digits = /retry_after_ms\D{0,4}(\d{1,7})/.exec(reason)?.[1] ?? /^\s*(\d{1,7})\s*$/.exec(reason)?.[1]
  return digits === undefined ? undefined : Math.min(Number(digits), 60_000)
}
