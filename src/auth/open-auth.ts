/** The auth role: the control plane of accounts and orders, and the relay that tells everybody. */

import type { Context } from 'hono'
import type { OnError } from '../errors'
import type { Env, Handlers } from '../http/app'
import type { Log } from '../ports/log'
import type { Database } from '../store/database'
import { type Bootstrap, bootstrapAdmin } from './bootstrap-admin'
import { startElectedRelay } from './elected-relay'
import { LoginLimit } from './login-limit'
import { Passwords } from './passwords'
import { type Relay, startRelay } from './relay'
import { authHandlers } from './routes'
import type { SigningKeys } from './signing-keys'

/** How long an access token from a login lives, unless a setting says otherwise. */
export const TOKEN_TTL_MS = 15 * 60_000
const MAX_BODY_BYTES = 256 * 1024

export interface AuthOptions {
  store: Database
  log: Log
  keys: SigningKeys
  /** Whether other auth nodes may be on the same database and log: then one of them is elected to publish. */
  shared?: boolean
  /** The `iss` of tokens; verifiers must know the same. */
  issuer: string
  tokenTtlMs?: number
  /** The first administrator's password; looked at only when there are no users. */
  adminPassword?: string | undefined
  /** Gets the first administrator, when it was just made with a random password: show it now or never. */
  onFirstAdmin?: ((admin: Bootstrap) => void) | undefined
  maxBodyBytes?: number
  /** The client's IP address; by default the socket's, which behind a proxy is the proxy's. */
  addressOf?: (c: Context<Env>) => string
  now?: () => number
  onError: OnError
}

export interface Auth {
  handlers: Handlers
  relay: Relay
  /** Stops the relay. What was given (database, log) stays open. */
  close(): Promise<void>
}

/**
 * Starts the control plane; when it resolves, the topics of facts say what the database says, unless it is `shared`:
 * then they will, as soon as one of its nodes has been elected.
 * @throws Error when the database or the log cannot be had, or the administrator's password is too short
 */
export async function openAuth(options: AuthOptions): Promise<Auth> {
  const { store, log, keys, issuer, onError } = options
  const now = options.now ?? Date.now
  const passwords = new Passwords()
  const bootstrap = await bootstrapAdmin(store, passwords, options.adminPassword, now())
  // Before anything else can fail: the next start finds a user, and makes no second one.
  if (bootstrap) options.onFirstAdmin?.(bootstrap)
  // On SQLite there can be no other.
  const relay = await (options.shared && store.tryLead ? startElectedRelay : startRelay)({ store, log, now, onError })
  const handlers = authHandlers({
    store,
    relay,
    keys,
    issuer,
    tokenTtlMs: options.tokenTtlMs ?? TOKEN_TTL_MS,
    passwords,
    loginLimit: new LoginLimit(),
    now,
    addressOf: options.addressOf ?? ((c) => c.env.server.requestIP(c.req.raw)?.address ?? 'unknown'),
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
  })
  return { handlers, relay, close: () => relay.close() }
}
