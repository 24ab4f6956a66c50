/** The first administrator, so that a new installation has somebody who may do something. */

import { countUsers, insertUser } from '../store/accounts'
import type { Database } from '../store/database'
import type { Passwords } from './passwords'

const USERNAME = 'admin'
/** 120 bits. */
const PASSWORD_BYTES = 15
const MIN_CHARS = 8

/** What to tell whoever started the program; it is kept nowhere. */
export interface Bootstrap {
  username: string
  password: string
}

/**
 * Creates the user `admin` when there are no users at all.
 * @param given its password; without one, a random one is made and returned, this once
 * @throws Error when the given password is shorter than 8 characters
 */
export async function bootstrapAdmin(
  store: Database,
  passwords: Passwords,
  given: string | undefined,
  nowMs: number,
): Promise<Bootstrap | undefined> {
  if ((await store.read(countUsers)) > 0) return undefined
  if (given !== undefined && given.length < MIN_CHARS) {
    throw new Error(`the first administrator’s password must have at least ${MIN_CHARS} characters`)
  }
  const password = given ?? Buffer.from(crypto.getRandomValues(new Uint8Array(PASSWORD_BYTES))).toString('base64url')
  const passwordHash = await passwords.hash(password)
  const user = { id: USERNAME, username: USERNAME, role: 'ADMIN' as const, disabled: false, created_at_ms: nowMs }
  // Another process may have been first: then its password is the one.
  const inserted = await store.write((tx) => insertUser(tx, { ...user, passwordHash }))
  return inserted && given === undefined ? { username: USERNAME, password } : undefined
}
