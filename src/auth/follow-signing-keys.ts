/** Signing keys that follow their file: a key that is added signs, and one that is taken out is refused, without a restart. */

import { stat } from 'node:fs/promises'
import type { OnError } from '../errors'
import { openSigningKeys, type SigningKeys } from './signing-keys'

/** No more than a verifier elsewhere waits: the file is on all auth nodes at about the same time. */
const LOOK_MS = 5_000

export interface FollowOptions {
  create: boolean
  onError: OnError
  lookMs?: number
}

/**
 * Opens the file of keys and looks at it every 5 s. A file that is gone or cannot be used leaves the keys as they are,
 * and is reported once for each way it is wrong.
 * @throws Error as `openSigningKeys`
 */
export async function followSigningKeys(
  path: string,
  { create, onError, lookMs = LOOK_MS }: FollowOptions,
): Promise<SigningKeys & { close(): void }> {
  let keys = await openSigningKeys(path, { create })
  let seen = await versionOf(path)
  let looking = false

  async function look(): Promise<void> {
    const version = await versionOf(path)
    if (version === seen) return
    // Before it is read: a change meanwhile is seen next time.
    seen = version
    keys = await openSigningKeys(path, { create: false })
  }

  const timer = setInterval(() => {
    if (looking) return
    looking = true
    look()
      .catch((error: unknown) => onError(error, { stage: 'signing_keys' }))
      .finally(() => {
        looking = false
      })
  }, lookMs)
  timer.unref()

  return {
    jwks: () => keys.jwks(),
    find: (kid) => keys.find(kid),
    signer: () => keys.signer(),
    close: () => clearInterval(timer),
  }
}

/** Orchestrators replace a mounted secret by another file under the same name: its inode tells as well. */
async function versionOf(path: string): Promise<string> {
  try {
    const { mtimeMs, ino, size, ctimeMs } = await stat(path)
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}
