/** Changing a user: role, password, disabled. */

import type { Role } from '../domain/audience'
import { ZltError } from '../errors'
import { type Account, countOtherActiveAdmins, findUser, type User, updateUser } from '../store/accounts'
import type { AuthDeps } from './deps'

export interface UserPatch {
  role?: Role | undefined
  password?: string | undefined
  disabled?: boolean | undefined
}

/**
 * Changes a user. It shows at the next login: access tokens that are out are good until they end (15 min at most, by
 * default), with the role they name.
 * @throws ZltError `user_not_found`, `last_admin`, `too_many_requests`
 */
export async function changeUser(
  { store, passwords }: Pick<AuthDeps, 'store' | 'passwords'>,
  id: string,
  patch: UserPatch,
): Promise<User> {
  // Outside of the transaction: hashing takes its time, and the database is held meanwhile.
  const newHash = patch.password === undefined ? undefined : await passwords.hash(patch.password)
  return store.write(async (tx) => {
    await store.lock(tx, ['users'])
    const account = await findUser(tx, id)
    if (account === undefined) throw userNotFound()
    const changed: Account = {
      ...account,
      role: patch.role ?? account.role,
      disabled: patch.disabled ?? account.disabled,
      passwordHash: newHash ?? account.passwordHash,
    }
    if (isActiveAdmin(account) && !isActiveAdmin(changed) && (await countOtherActiveAdmins(tx, id)) === 0) {
      throw new ZltError('last_admin', 'make another administrator first')
    }
    await updateUser(tx, changed)
    const { passwordHash: _, ...user } = changed
    return user
  })
}

export function userNotFound(): ZltError {
  return new ZltError('user_not_found', 'there is no user with this id')
}

function isActiveAdmin({ role, disabled, passwordHash }: Account): boolean {
  return role === 'ADMIN' && !disabled && passwordHash !== null
}
