/** The table of users. */

import type { Role } from '../domain/audience'
import type { Cursor } from './cursor'
import type { Tx } from './database'

export interface User {
  /** The `sub` of its tokens. */
  id: string
  /** As it was given; unique whatever its case. */
  username: string
  role: Role
  disabled: boolean
  created_at_ms: number
}

/** A user with its secret; `passwordHash` is null for who has no password and thus cannot log in. */
export interface Account extends User {
  passwordHash: string | null
}

/** Adds a user; false, and nothing changed, when the id or the name is taken. */
export async function insertUser(tx: Tx, account: Account): Promise<boolean> {
  const { id, username, role, passwordHash, created_at_ms } = account
  const inserted = await tx`
    INSERT INTO users (id, username, username_key, role, password_hash, disabled, created_at_ms)
    VALUES (${id}, ${username}, ${usernameKey(username)}, ${role}, ${passwordHash}, ${account.disabled ? 1 : 0}, ${created_at_ms})
    ON CONFLICT DO NOTHING RETURNING id`
  return inserted.length === 1
}

export async function findUser(tx: Tx, id: string): Promise<Account | undefined> {
  return accountOf((await tx`SELECT * FROM users WHERE id = ${id}`)[0])
}

/** Finds a user by name, whatever its case. */
export async function findUserByName(tx: Tx, username: string): Promise<Account | undefined> {
  return accountOf((await tx`SELECT * FROM users WHERE username_key = ${usernameKey(username)}`)[0])
}

/** Lists users, the oldest first. */
export async function listUsers(tx: Tx, limit: number, after?: Cursor): Promise<User[]> {
  const from = after ? tx`WHERE (created_at_ms, id) > (${after.created_at_ms}, ${after.id})` : tx``
  const rows = await tx`SELECT * FROM users ${from} ORDER BY created_at_ms, id LIMIT ${limit}`
  return rows.map((row: UserRow) => userOf(row))
}

/** Stores role, password and `disabled` of a user that exists. */
export async function updateUser(tx: Tx, account: Account): Promise<void> {
  const { id, role, passwordHash } = account
  await tx`UPDATE users SET role = ${role}, password_hash = ${passwordHash}, disabled = ${account.disabled ? 1 : 0}
    WHERE id = ${id}`
}

export async function countUsers(tx: Tx): Promise<number> {
  return Number((await tx`SELECT COUNT(*) AS n FROM users`)[0].n)
}

/** How many administrators other than `id` can log in. */
export async function countOtherActiveAdmins(tx: Tx, id: string): Promise<number> {
  const rows = await tx`SELECT COUNT(*) AS n FROM users
    WHERE role = 'ADMIN' AND disabled = 0 AND password_hash IS NOT NULL AND id <> ${id}`
  return Number(rows[0].n)
}

interface UserRow {
  id: string
  username: string
  role: Role
  password_hash: string | null
  disabled: number
  created_at_ms: number | string
}

function userOf(row: UserRow): User {
  const { id, username, role } = row
  return { id, username, role, disabled: row.disabled === 1, created_at_ms: Number(row.created_at_ms) }
}

function accountOf(row: UserRow | undefined): Account | undefined {
  return row && { ...userOf(row), passwordHash: row.password_hash }
}

/** What two names must differ in: compatibility forms and case are folded (Unicode NFKC, then lower case). */
export function usernameKey(username: string): string {
  return username.normalize('NFKC').toLowerCase()
}
