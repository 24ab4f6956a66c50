/** Creating a user. */

import type { Role } from '../domain/audience'
import { ZltError } from '../errors'
import { insertUser, type User } from '../store/accounts'
import type { AuthDeps } from './deps'

/** Who is to be created. Without a password it cannot log in: for whom a company mints tokens itself. */
export interface NewUser {
  id?: string | undefined
  username: string
  password?: string | undefined
  role: Role
}

/** Creates a user. @throws ZltError `user_exists`, `too_many_requests` */
export async function createUser(
  { store, passwords, now }: Pick<AuthDeps, 'store' | 'passwords' | 'now'>,
  { id = Bun.randomUUIDv7(), username, password, role }: NewUser,
): Promise<User> {
  const passwordHash = password === undefined ? null : await passwords.hash(password)
  const user: User = { id, username, role, disabled: false, created_at_ms: now() }
  const inserted = await store.write((tx) => insertUser(tx, { ...user, passwordHash }))
  if (!inserted) throw new ZltError('user_exists', 'a user has this name (whatever its case) or this id')
  return user
}
