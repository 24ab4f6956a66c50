/** What the use cases of the control plane work with. */

import type { Context } from 'hono'
import type { Env } from '../http/app'
import type { Database } from '../store/database'
import type { LoginLimit } from './login-limit'
import type { Passwords } from './passwords'
import type { Relay } from './relay'
import type { SigningKeys } from './signing-keys'

export interface AuthDeps {
  store: Database
  relay: Relay
  keys: SigningKeys
  /** The `iss` of tokens. */
  issuer: string
  /** How long an access token from a login lives. */
  tokenTtlMs: number
  passwords: Passwords
  loginLimit: LoginLimit
  /** Epoch ms. */
  now: () => number
  /** The client's IP address, as far as the proxies before us are trusted. */
  addressOf: (c: Context<Env>) => string
  maxBodyBytes: number
}
