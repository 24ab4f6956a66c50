/** Tokens signed with the data folder's key, for whoever may read that folder. */

import { type Config, signingKeysPath } from '../src/config'
import type { Role } from '../src/domain/audience'
import { CliError, EXIT } from './exit'

/** What a token of the command line says. */
export interface LocalClaims {
  sub: string
  role: Role
  orders?: readonly string[]
  ttlS: number
}

/** Signs tokens, with the key already read. */
export type MintLocally = (claims: LocalClaims) => Promise<string>

/**
 * Opens the key of the data folder. It is never made here: a key that no server has would sign useless tokens.
 * @throws CliError when accounts are in Postgres (then keys are shared by nodes and not for the command line), or
 *   unreachable when there is no key
 */
export async function openLocalKey(config: Config): Promise<MintLocally> {
  if (config.database !== undefined && !config.database.startsWith('sqlite:')) {
    throw new CliError(EXIT.failed, 'no token is signed here, since the database is Postgres', [
      'log in (POST /auth/login), or ask a backend for POST /orders/{id}/tokens; set ZLT_TOKEN to the result',
    ])
  }
  const { openSigningKeys } = await import('../src/auth/signing-keys')
  const { mintToken } = await import('../src/auth/mint')
  try {
    const keys = await openSigningKeys(signingKeysPath(config), { create: false })
    return (claims) => mintToken(keys, { ...claims, issuer: config.issuer }, Date.now())
  } catch (cause) {
    throw new CliError(
      EXIT.unreachable,
      cause instanceof Error ? cause.message : String(cause),
      ['start zlt serve there once, name its folder with --data, or set ZLT_TOKEN'],
      { cause },
    )
  }
}
