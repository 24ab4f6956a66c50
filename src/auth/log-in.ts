/** Logging in by username and password. */

import { ZltError } from '../errors'
import { findUserByName, usernameKey } from '../store/accounts'
import type { AuthDeps } from './deps'
import { mintToken } from './mint'

export interface TokenAnswer {
  access_token: string
  token_type: 'Bearer'
  /** Seconds. */
  expires_in: number
}

/**
 * Exchanges a password for an access token. An unknown name, a wrong password, a user without one and a disabled user
 * are one answer, after the same work. How often one may try: see `LoginLimit`.
 * @param address whose tries are counted together: the client's IP address
 * @throws ZltError `bad_credentials`, `too_many_requests`
 */
export async function logIn(
  deps: Pick<AuthDeps, 'store' | 'passwords' | 'loginLimit' | 'keys' | 'issuer' | 'tokenTtlMs' | 'now'>,
  { username, password }: { username: string; password: string },
  address: string,
): Promise<TokenAnswer> {
  const nameKey = usernameKey(username)
  deps.loginLimit.take(nameKey, address, deps.now())
  const account = await deps.store.read((tx) => findUserByName(tx, username))
  const right = await deps.passwords.verify(password, account?.passwordHash ?? null, address).catch((error) => {
    // Nothing was tried.
    deps.loginLimit.giveBack(nameKey, address)
    throw error
  })
  if (account === undefined || !right || account.disabled) {
    throw new ZltError('bad_credentials', 'username or password is wrong, or the user is disabled')
  }
  deps.loginLimit.giveBack(nameKey, address)
  const ttlS = Math.floor(deps.tokenTtlMs / 1000)
  const { id: sub, role } = account
  const grant = { sub, role, sid: crypto.randomUUID(), ttlS, issuer: deps.issuer }
  return { access_token: await mintToken(deps.keys, grant, deps.now()), token_type: 'Bearer', expires_in: ttlS }
}
