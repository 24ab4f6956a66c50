import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SCHEMAS } from '../../src/http/schemas.ts'
import { type AuthServer, startAuthServer } from '../support/auth-server.ts'

let server: AuthServer
let token: string
beforeAll(async () => {
  server = await startAuthServer()
  token = await server.token('ADMIN', 'admin')
})
afterAll(() => server.close())
const call = (method: string, path: string, body?: unknown) => server.call(method, path, body, { token })

describe('POST /users', () => {
  test('creates a user, and shows nothing of its password', async () => {
    const answer = await call('POST', '/users', {
      id: 'dp1',
      username: 'Rider',
      password: 'longenough',
      role: 'DELIVERY_PARTNER',
    })
    expect(answer.status).toBe(201)
    expect(SCHEMAS.User.parse(answer.body)).toEqual(answer.body)
    expect(answer.body).toMatchObject({ id: 'dp1', username: 'Rider', role: 'DELIVERY_PARTNER', disabled: false })
  })

  test('makes an id when none is given', async () => {
    const { body } = await call('POST', '/users', { username: 'no id', role: 'CUSTOMER' })
    expect((await call('GET', `/users/${body.id}`)).body).toEqual(body)
  })

  test('gives no name and no id twice', async () => {
    await call('POST', '/users', { id: 'twice', username: 'twice', role: 'CUSTOMER' })
    for (const body of [{ id: 'twice', username: 'other' }, { username: 'TWICE' }]) {
      const answer = await call('POST', '/users', { ...body, role: 'CUSTOMER' })
      expect(answer).toMatchObject({ status: 409, body: { code: 'user_exists' } })
    }
  })

  test('names what is wrong with its input', async () => {
    const good = { username: 'u', password: 'longenough', role: 'CUSTOMER' }
    for (const [pointer, wrong] of [
      ['/role', { role: 'ROOT' }],
      ['/password', { password: 'short' }],
      ['/username', { username: '' }],
      ['/username', { username: ' padded' }],
      ['/username', { username: 'a\u0000b' }],
      ['/username', { username: 'a\u202eb' }],
      ['/id', { id: 'a/b' }],
      ['/admin', { admin: true }],
    ] as const) {
      const answer = await call('POST', '/users', { ...good, ...wrong })
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body', errors: [{ pointer }] } })
    }
  })
})

describe('GET /users', () => {
  test('lists by pages, each user once', async () => {
    for (let n = 0; n < 5; n++) await call('POST', '/users', { username: `listed${n}`, role: 'CUSTOMER' })
    const names: string[] = []
    let cursor = ''
    do {
      const { body, status } = await call('GET', `/users?limit=2${cursor}`)
      expect(status).toBe(200)
      expect(SCHEMAS.UserList.parse(body)).toEqual(body)
      names.push(...body.items.map(({ username }: { username: string }) => username))
      cursor = body.next_cursor === undefined ? '' : `&cursor=${body.next_cursor}`
    } while (cursor !== '')
    expect(new Set(names).size).toBe(names.length)
    expect(names).toContain('admin')
    expect(names.filter((name) => name.startsWith('listed'))).toHaveLength(5)
  })

  for (const query of ['limit=0', 'limit=501', 'limit=x', 'limit=', 'cursor=zzz', 'cursor=']) {
    test(`refuses ${query}`, async () => {
      expect(await call('GET', `/users?${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } })
    })
  }
})

describe('GET and PATCH /users/{id}', () => {
  test('an unknown id is a 404', async () => {
    for (const id of ['unknown', 'a%20b', 'x'.repeat(70)]) {
      expect(await call('GET', `/users/${id}`)).toMatchObject({ status: 404, body: { code: 'user_not_found' } })
      expect((await call('PATCH', `/users/${id}`, { disabled: true })).status).toBe(404)
    }
  })

  test('changes role, password and disabled, each for itself', async () => {
    const { body: user } = await call('POST', '/users', {
      username: 'changing',
      password: 'first-one',
      role: 'CUSTOMER',
    })
    const path = `/users/${user.id}`
    const logIn = (password: string) => server.call('POST', '/auth/login', { username: 'changing', password })
    expect((await call('PATCH', path, { role: 'INTERNAL_SERVICE' })).body).toEqual({
      ...user,
      role: 'INTERNAL_SERVICE',
    })
    expect((await logIn('first-one')).status).toBe(200)
    await call('PATCH', path, { password: 'second-one' })
    expect((await logIn('first-one')).status).toBe(401)
    expect((await logIn('second-one')).status).toBe(200)
    expect((await call('PATCH', path, { disabled: true })).body).toMatchObject({
      disabled: true,
      role: 'INTERNAL_SERVICE',
    })
    expect((await logIn('second-one')).status).toBe(401)
    await call('PATCH', path, { disabled: false })
    expect((await logIn('second-one')).status).toBe(200)
  })

  test('a patch of nothing, or of what cannot be changed, is refused', async () => {
    for (const body of [{}, { username: 'new' }, { disabled: 'yes' }]) {
      expect((await call('PATCH', '/users/admin', body)).status).toBe(400)
    }
  })

  test('the last administrator who can log in stays', async () => {
    for (const body of [{ disabled: true }, { role: 'CUSTOMER' }]) {
      expect(await call('PATCH', '/users/admin', body)).toMatchObject({ status: 409, body: { code: 'last_admin' } })
    }
    await call('POST', '/users', { id: 'cannot', username: 'cannot', role: 'ADMIN' })
    expect((await call('PATCH', '/users/admin', { disabled: true })).status).toBe(409)
    await call('PATCH', '/users/cannot', { password: 'now-it-can' })
    expect((await call('PATCH', '/users/admin', { disabled: true })).status).toBe(200)
    expect((await call('PATCH', '/users/cannot', { role: 'CUSTOMER' })).status).toBe(409)
    expect((await call('PATCH', '/users/admin', { disabled: false })).status).toBe(200)
  })

  test('two who disable each other at once do not both succeed', async () => {
    await call('POST', '/users', { id: 'second', username: 'second', password: 'longenough', role: 'ADMIN' })
    await call('PATCH', '/users/cannot', { disabled: true })
    const answers = await Promise.all(
      ['admin', 'second'].map((id) => call('PATCH', `/users/${id}`, { disabled: true })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    await call('PATCH', '/users/admin', { disabled: false })
  })
})

test('a token that names orders is good for no user', async () => {
  const narrowed = await server.token('ADMIN', 'admin', ['o1'])
  for (const [method, path, body] of [
    ['GET', '/users'],
    ['GET', '/users/admin'],
    ['PATCH', '/users/admin', { disabled: true }],
    ['POST', '/users', { username: 'x', role: 'ADMIN' }],
  ] as const) {
    const answer = await server.call(method, path, body, { token: narrowed })
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  }
})
