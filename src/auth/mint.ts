/** Makes access tokens: JWTs as RFC 9068 shapes them, verified offline by every process. */

import { SignJWT } from 'jose'
import type { Role } from '../domain/audience'
import { AUDIENCE, MAX_TTL_S, TOKEN_TYPE } from '../http/authenticate'
import type { SigningKeys } from './signing-keys'

/** What a token shall say. */
export interface Grant {
  sub: string
  role: Role
  /** The session it belongs to. */
  sid?: string
  /** When present, the token is good for these orders and nothing else. */
  orders?: readonly string[]
  /** Its life in seconds, whole, 24 h at most. */
  ttlS: number
  issuer: string
}

/** Signs a token with the newest key. @throws RangeError for a life that no verifier would accept */
export async function mintToken(keys: Pick<SigningKeys, 'signer'>, grant: Grant, nowMs: number): Promise<string> {
  const { sub, role, sid, orders, ttlS, issuer } = grant
  if (!Number.isSafeInteger(ttlS) || ttlS < 1 || ttlS > MAX_TTL_S) {
    throw new RangeError(`a token lives 1 to ${MAX_TTL_S} whole seconds, not ${ttlS}`)
  }
  const iat = Math.floor(nowMs / 1000)
  const { kid, key } = keys.signer()
  const claims = { iss: issuer, aud: AUDIENCE, sub, role, iat, exp: iat + ttlS }
  return new SignJWT({
    ...claims,
    ...(sid !== undefined && { sid }),
    ...(orders !== undefined && { orders: [...orders] }),
  })
    .setProtectedHeader({ alg: 'ES256', typ: TOKEN_TYPE, kid })
    .sign(key)
}
