/** Which keys a process knows: those that sign, or those that an auth node publishes. */

import type { SigningKeys } from '../auth/signing-keys'
import { type Config, signingKeysPath } from '../config'
import type { OnError } from '../errors'
import type { KeyRing } from '../http/authenticate'
import type { Folder } from '../ports/adapters'
import type { Check } from './readiness'

/** The keys of a process. */
export interface Keys {
  ring: KeyRing
  /** For the role auth. */
  signing?: SigningKeys
  checks: readonly Check[]
  close(): void
}

/**
 * Opens the keys that the role needs. Only auth nodes make a file of keys: one that nobody signs with would refuse all.
 * @throws Error when there are none
 */
export async function openKeys(config: Config, folder: Folder, onError: OnError): Promise<Keys> {
  const signs = config.role === 'all' || config.role === 'auth'
  if (!signs && config.authUrl !== undefined) {
    const { openRemoteKeys } = await import('../http/remote-keys')
    const remote = await openRemoteKeys({ authUrl: config.authUrl, path: folder.file('jwks.json'), onError })
    const check: Check = {
      name: 'the keys',
      silence: 'degraded',
      run: () => remote.findings(),
    }
    return { ring: remote, checks: [check], close: () => remote.close() }
  }
  const { followSigningKeys } = await import('../auth/follow-signing-keys')
  const signing = await followSigningKeys(signingKeysPath(config), { create: signs, onError })
  return { ring: signing, signing, checks: [], close: () => signing.close() }
}
