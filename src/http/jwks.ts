/** A JWK Set (RFC 7517) from outside: fetched within limits, and read strictly. */

import { calculateJwkThumbprint } from 'jose'

/** A key that verifies our tokens. */
export interface VerificationJwk {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
  kid: string
}

const FETCH_TIMEOUT_MS = 2_000
const MAX_BYTES = 64 * 1024
const MAX_KEYS = 32
/** 32 bytes in base64url. */
const COORDINATE = /^[A-Za-z0-9_-]{43}$/

/** Fetches a set. It follows no redirect: the keys are those of the named node. @throws Error that says what is wrong */
export async function fetchJwks(url: string): Promise<VerificationJwk[]> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(url, { signal, redirect: 'manual', headers: { accept: 'application/json' } })
    text = await readLimited(response)
  } catch (cause) {
    if (signal.aborted) throw new Error(`nothing for ${FETCH_TIMEOUT_MS / 1000} s`, { cause })
    throw cause
  }
  if (response.status !== 200) throw new Error(`it answered ${response.status}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error('its answer is not JSON', { cause })
  }
  return parseJwks(value)
}

/**
 * Reads a set. Keys of kinds we have no use for are passed over (RFC 7517 §5); one of ours that is wrong in any way has
 * the whole set refused, since then nothing can be said of the others either.
 * @throws Error that says what is wrong
 */
export async function parseJwks(value: unknown): Promise<VerificationJwk[]> {
  const keys = (value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new Error('its answer is not a JWK Set')
  const found: VerificationJwk[] = []
  for (const key of keys as unknown[]) {
    if (typeof key !== 'object' || key === null) throw new Error('a key of the set is no object')
    if ('d' in key || 'k' in key) throw new Error('the set holds a secret key')
    const { kty, crv, x, y, kid, alg, use } = key as Record<string, unknown>
    if (kty !== 'EC' || crv !== 'P-256') continue
    if (typeof x !== 'string' || typeof y !== 'string' || !COORDINATE.test(x) || !COORDINATE.test(y)) {
      throw new Error('a key of the set has no point')
    }
    if ((alg !== undefined && alg !== 'ES256') || (use !== undefined && use !== 'sig')) {
      throw new Error('a key of the set is for something else')
    }
    if (kid !== (await calculateJwkThumbprint({ kty, crv, x, y }))) {
      throw new Error('a key’s id is not its thumbprint (RFC 7638)')
    }
    found.push({ kty, crv, x, y, kid })
  }
  if (found.length === 0) throw new Error('the set holds no key of ours')
  return found
}

/** @throws Error when there is more than a set of keys can be */
async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error(`its answer is longer than ${MAX_BYTES / 1024} KiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
