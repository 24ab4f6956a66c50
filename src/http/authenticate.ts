/** Who is asking: bearer tokens verified offline, once, then remembered until they end. */

import { compactVerify, errors as joseErrors } from 'jose'
import { type Claims, ROLES, type Role } from '../domain/audience'
import { isId } from '../domain/id'
import { ZltError } from '../errors'

/** The audience every token of ours names. */
export const AUDIENCE = 'zlt'
/** The `typ` of RFC 9068 access tokens. */
export const TOKEN_TYPE = 'at+jwt'
/** A token issued further in the future than this has another clock than ours. */
const CLOCK_SKEW_S = 60
/** No token lives longer. */
export const MAX_TTL_S = 86_400

/** The keys that verify tokens. */
export interface KeyRing {
  /** The key with this id; undefined when it is not (or no longer) known. Asked for every request: it looks nowhere. */
  find(kid: string): CryptoKey | undefined
  /** Looks where keys come from for one that `find` does not know. @throws ZltError `not_ready` when that cannot be said */
  seek?(kid: string): Promise<CryptoKey | undefined>
}

/** Finds out who sent the request. Answers at once for a token it has seen. @throws ZltError `token_…` */
export type Authenticate = (request: Request) => Claims | Promise<Claims>

/** Verifies a token's text. @throws ZltError `token_invalid`, `token_expired` */
export type VerifyToken = (token: string) => Claims | Promise<Claims>

/** How many verified tokens are remembered; beyond, the oldest go. */
const CACHE_TOKENS = 100_000

/**
 * Makes the verifier. A signature check costs 100 µs and a look-up 0.1, so verified tokens are kept by their text.
 * A remembered token is checked against the clock each time, and forgotten when its key is retired.
 */
export function createVerifier(keys: KeyRing, issuer: string, now: () => number = Date.now): VerifyToken {
  const cache = new Map<string, { claims: Claims; kid: string }>()

  async function verifyNew(token: string): Promise<Claims> {
    const { claims, kid } = await verifySignature(token, keys, issuer, now)
    if (cache.size >= CACHE_TOKENS) for (const oldest of cache.keys()) if (cache.delete(oldest)) break
    cache.set(token, { claims, kid })
    return claims
  }

  return function verifyToken(token) {
    const known = cache.get(token)
    if (known === undefined) return verifyNew(token)
    if (known.claims.exp * 1000 > now() && keys.find(known.kid) !== undefined) return known.claims
    cache.delete(token)
    return verifyNew(token)
  }
}

/** How a browser's WebSocket, which cannot set headers, carries its token: as an offered subprotocol. */
const BEARER_PROTOCOL = 'zlt.bearer.'

/** Makes the check for requests: `Authorization: Bearer`, or the subprotocol of a WebSocket opening; never the query. */
export function createAuthenticate(verify: VerifyToken): Authenticate {
  return function authenticate(request) {
    const header = request.headers.get('authorization')
    if (header === null) return verify(tokenOfOpening(request))
    // RFC 9110: the scheme is case-insensitive.
    if (!header.startsWith('Bearer ') && header.slice(0, 7).toLowerCase() !== 'bearer ') {
      throw new ZltError('token_invalid', 'send Authorization: Bearer <token>')
    }
    return verify(header.slice(7))
  }
}

/** @throws ZltError `token_in_query` */
export function refuseTokenInQuery(query: URLSearchParams): void {
  if (!query.has('token') && !query.has('access_token')) return
  throw new ZltError('token_in_query', 'send the token as a header or subprotocol: URLs land in logs')
}

function tokenOfOpening(request: Request): string {
  const offered = request.headers.get('sec-websocket-protocol')
  const protocol = offered?.split(',').find((name) => name.trim().startsWith(BEARER_PROTOCOL))
  if (protocol !== undefined) return protocol.trim().slice(BEARER_PROTOCOL.length)
  refuseTokenInQuery(new URL(request.url).searchParams)
  throw new ZltError('token_missing', 'send Authorization: Bearer <token>')
}

/** Three parts of base64url without padding (RFC 7515 §2); jose alone would take blanks and loose ends. */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const MAX_TOKEN_CHARS = 8_192

async function verifySignature(
  token: string,
  keys: KeyRing,
  issuer: string,
  now: () => number,
): Promise<{ claims: Claims; kid: string }> {
  if (!isCompactJws(token)) throw new ZltError('token_invalid', 'this is not a compact JWS')
  let kid = ''
  let payload: unknown
  try {
    const verified = await compactVerify(
      token,
      async (header) => {
        if (typeof header.kid !== 'string' || header.typ !== TOKEN_TYPE) throw new joseErrors.JWSInvalid('kid or typ')
        kid = header.kid
        const key = keys.find(kid) ?? (await keys.seek?.(kid))
        if (key === undefined) throw new joseErrors.JWSInvalid('unknown key')
        return key
      },
      { algorithms: ['ES256'] },
    )
    payload = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(verified.payload))
  } catch (cause) {
    if (cause instanceof ZltError) throw cause
    throw new ZltError('token_invalid', 'the token’s form, key or signature is not accepted', { cause })
  }
  return { claims: parseClaims(payload, issuer, Math.floor(now() / 1000)), kid }
}

/**
 * Whether the text has the form of a compact JWS (RFC 7515 §7.1) and is the only text of what it says: no blanks, no
 * padding, no loose bits.
 */
export function isCompactJws(token: string): boolean {
  return token.length <= MAX_TOKEN_CHARS && COMPACT_JWS.test(token) && token.split('.').every(isCanonical)
}

/** Whether no bits are left over in the last character: otherwise several texts would be one token. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

/** Checks the claims ourselves: what is absent, of another type or absurd is not accepted. */
function parseClaims(payload: unknown, issuer: string, nowS: number): Claims {
  const p = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>
  const refuse = (what: string) => new ZltError('token_invalid', `the token’s ${what} is not accepted`)
  if (p.iss !== issuer) throw refuse('iss')
  if (p.aud !== AUDIENCE) throw refuse('aud')
  if (!isId(p.sub)) throw refuse('sub')
  if (!ROLES.includes(p.role as Role)) throw refuse('role')
  if (!Number.isSafeInteger(p.exp) || !Number.isSafeInteger(p.iat)) throw refuse('exp or iat')
  const [exp, iat] = [p.exp as number, p.iat as number]
  if (iat > nowS + CLOCK_SKEW_S || exp - iat > MAX_TTL_S) throw refuse('lifetime')
  if (p.nbf !== undefined && (!Number.isSafeInteger(p.nbf) || (p.nbf as number) > nowS + CLOCK_SKEW_S))
    throw refuse('nbf')
  if (exp <= nowS) throw new ZltError('token_expired', `the token ended ${nowS - exp} s ago; get a new one`)
  const claims: Claims = { sub: p.sub, role: p.role as Role, exp }
  if (p.sid !== undefined) {
    if (!isId(p.sid)) throw refuse('sid')
    claims.sid = p.sid
  }
  if (p.orders !== undefined) {
    const orders = p.orders
    if (!Array.isArray(orders) || orders.length === 0 || orders.length > 64 || !orders.every(isId))
      throw refuse('orders')
    claims.orders = orders
  }
  return claims
}
