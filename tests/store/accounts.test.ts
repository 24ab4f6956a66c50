import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type Account,
  countOtherActiveAdmins,
  findUser,
  findUserByName,
  insertUser,
  listUsers,
  updateUser,
} from '../../src/store/accounts.ts'
import { formatCursor, parseCursor } from '../../src/store/cursor.ts'
import type { Database } from '../../src/store/database.ts'
import { DATABASES } from '../support/databases.ts'

const account = (id: string, more: Partial<Account> = {}): Account => ({
  id,
  username: `Name-${id}`,
  role: 'CUSTOMER',
  disabled: false,
  created_at_ms: 1_760_000_000_000,
  passwordHash: 'hash',
  ...more,
})

for (const { name, open } of DATABASES) {
  describe(`users on ${name}`, () => {
    let database: Database
    let close: () => Promise<void>
    beforeAll(async () => {
      ;({ database, close } = await open())
    })
    afterAll(() => close())

    test('a user is found by id, and by name whatever its case or form', async () => {
      const zoe = account('u1', { username: 'Zoë Å', passwordHash: null, disabled: true })
      expect(await database.write((tx) => insertUser(tx, zoe))).toBe(true)
      expect(await database.read((tx) => findUser(tx, 'u1'))).toEqual(zoe)
      expect(await database.read((tx) => findUserByName(tx, 'zoE\u0308 \u212B'))).toEqual(zoe)
      expect(await database.read((tx) => findUserByName(tx, 'zoe a'))).toBeUndefined()
    })

    test('neither a name nor an id is given twice', async () => {
      await database.write((tx) => insertUser(tx, account('u2')))
      expect(await database.write((tx) => insertUser(tx, account('u2', { username: 'another' })))).toBe(false)
      expect(await database.write((tx) => insertUser(tx, account('u3', { username: 'NAME-U2' })))).toBe(false)
      expect(await database.read((tx) => findUser(tx, 'u3'))).toBeUndefined()
    })

    test('pages neither repeat nor miss anybody, though creation times are equal', async () => {
      for (let n = 0; n < 7; n++) await database.write((tx) => insertUser(tx, account(`page${n}`)))
      const ids: string[] = []
      for (let cursor: string | undefined; ; ) {
        const after = cursor === undefined ? undefined : parseCursor(cursor)
        const page = await database.read((tx) => listUsers(tx, 2, after))
        if (page.length === 0) break
        ids.push(...page.map(({ id }) => id))
        const last = page.at(-1)
        if (last) cursor = formatCursor(last)
      }
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.filter((id) => id.startsWith('page'))).toHaveLength(7)
    })

    test('an administrator counts while it can log in', async () => {
      const count = () => database.read((tx) => countOtherActiveAdmins(tx, 'me'))
      await database.write((tx) => insertUser(tx, account('me', { role: 'ADMIN' })))
      await database.write((tx) => insertUser(tx, account('a1', { role: 'ADMIN', passwordHash: null })))
      expect(await count()).toBe(0)
      await database.write((tx) => updateUser(tx, account('a1', { role: 'ADMIN' })))
      expect(await count()).toBe(1)
      await database.write((tx) => updateUser(tx, account('a1', { role: 'ADMIN', disabled: true })))
      expect(await count()).toBe(0)
    })
  })
}

test('a cursor that nobody was given is refused', () => {
  for (const text of [
    '',
    '%',
    'abc',
    formatCursor({ created_at_ms: 1, id: 'a b' }),
    Buffer.from('-1.a').toString('base64url'),
  ]) {
    expect(parseCursor(text)).toBeUndefined()
  }
  expect(parseCursor(formatCursor({ created_at_ms: 1_760_000_000_000, id: 'a.b' }))).toEqual({
    created_at_ms: 1_760_000_000_000,
    id: 'a.b',
  })
})
