import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { bootstrapAdmin } from '../../src/auth/bootstrap-admin.ts'
import { Passwords } from '../../src/auth/passwords.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { ADMIN_PASSWORD, type AuthServer, startAuthServer } from '../support/auth-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

let server: AuthServer
beforeEach(async () => {
  server = await startAuthServer()
})
afterEach(() => server.close())

const logIn = (username: string, password: string, address?: string) =>
  server.call('POST', '/auth/login', { username, password }, address === undefined ? {} : { address })

describe('POST /auth/login', () => {
  test('gives a token that says who it is, and that works', async () => {
    const answer = await logIn('ADMIN', ADMIN_PASSWORD)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 })
    const me = await server.call('GET', '/auth/me', undefined, { token: answer.body.access_token })
    expect(me.body).toMatchObject({ sub: 'admin', role: 'ADMIN' })
    const payload = JSON.parse(Buffer.from(answer.body.access_token.split('.')[1], 'base64url').toString())
    expect(payload).toMatchObject({ aud: 'zlt', iss: 'zlt-test', sid: expect.any(String) })
  })

  test('a wrong password, an unknown name, a disabled user and one without password get one answer', async () => {
    const token = await server.token('ADMIN', 'admin')
    const password = 'longenough'
    await server.call('POST', '/users', { username: 'off', password, role: 'CUSTOMER', id: 'off' }, { token })
    await server.call('PATCH', '/users/off', { disabled: true }, { token })
    await server.call('POST', '/users', { username: 'none', role: 'CUSTOMER' }, { token })
    const answers = [
      await logIn('admin', 'wrong'),
      await logIn('nobody', password),
      await logIn('off', password),
      await logIn('none', password),
      await logIn('none', ''),
    ]
    for (const { status, body, headers } of answers) {
      expect({ ...body, trace_id: '' }).toEqual({ ...answers[0]?.body, trace_id: '' })
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).not.toBeNull()
    }
  })

  test('an unknown name costs the work of a known one', async () => {
    const timeOf = async (username: string) => {
      const times: number[] = []
      for (let n = 0; n < 3; n++) {
        const startMs = performance.now()
        await logIn(username, 'wrong-password', `192.0.2.${n}`)
        times.push(performance.now() - startMs)
      }
      return Math.min(...times)
    }
    const [known, unknown] = [await timeOf('admin'), await timeOf('nobody')]
    // A look-up alone takes less than a hundredth of a hash.
    expect(unknown).toBeGreaterThan(known / 3)
  })

  test('after ten failures a name from one address waits; others do not, and time mends it', async () => {
    for (let n = 0; n < 10; n++) expect((await logIn('admin', 'wrong')).status).toBe(401)
    const refused = await logIn('Admin', ADMIN_PASSWORD)
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: 'too_many_requests' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await logIn('admin', ADMIN_PASSWORD, '192.0.2.77')).status).toBe(200)
    expect((await logIn('somebody', 'wrong')).status).toBe(401)
    server.clock.offsetMs = 6_000
    expect((await logIn('admin', ADMIN_PASSWORD)).status).toBe(200)
  }, 20_000)

  test('who knows its password is never held up', async () => {
    for (let n = 0; n < 15; n++) expect((await logIn('admin', ADMIN_PASSWORD)).status).toBe(200)
  }, 20_000)

  test('reads no body that is not its own', async () => {
    const post = (body: unknown, headers = {}) => server.call('POST', '/auth/login', body, { headers })
    expect((await post('{')).body.code).toBe('malformed_json')
    expect((await post('x', { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await post({ username: 'admin' })).body).toMatchObject({ code: 'invalid_body', status: 400 })
    expect((await post({ username: 'admin', password: ADMIN_PASSWORD, role: 'ADMIN' })).status).toBe(400)
    expect((await post({ username: 'x'.repeat(300_000), password: 'x' })).status).toBe(413)
  })
})

test('GET /.well-known/jwks.json gives public keys to all', async () => {
  const answer = await server.call('GET', '/.well-known/jwks.json')
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual(server.keys.jwks())
  expect(answer.headers.get('cache-control')).toContain('public')
})

describe('passwords', () => {
  test('are kept by argon2id at the strength advised', async () => {
    expect(await new Passwords().hash('secret')).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  })

  test('wait in a bounded queue, beyond which callers are refused at once', async () => {
    const passwords = new Passwords({ slots: 1, maxWaiting: 2 })
    const asked = Array.from({ length: 6 }, () => passwords.verify('x', null))
    const settled = await Promise.allSettled(asked)
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ])
    expect((settled[5] as PromiseRejectedResult).reason.code).toBe('too_many_requests')
    expect(await passwords.verify('x', null)).toBe(false)
  })

  test('from an address that floods make room for another’s', async () => {
    const passwords = new Passwords({ slots: 1, maxWaiting: 2 })
    const flood = Array.from({ length: 4 }, () => passwords.verify('x', null, 'flooder'))
    const settled = Promise.allSettled(flood)
    expect(await passwords.verify('x', null, 'somebody')).toBe(false)
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
  })

  test('that found no place in the queue do not count as wrong', async () => {
    const tries = await Promise.all(Array.from({ length: 60 }, (_, i) => logIn(`nobody${i % 6}`, 'wrong', '1.1.1.1')))
    expect(tries.some(({ body }) => body.detail === 'too many passwords are being checked')).toBe(true)
    const late = await Promise.all(Array.from({ length: 6 }, (_, i) => logIn(`nobody${i}`, 'wrong', '1.1.1.1')))
    expect(late.some(({ status }) => status === 401)).toBe(true)
  })
})

describe('the first administrator', () => {
  test('gets a random password that is told once', async () => {
    const folder = tempFolder()
    const store = await openDatabase(folder.file('zlt.db'))
    const passwords = new Passwords()
    const first = await bootstrapAdmin(store, passwords, undefined, 1)
    expect(first).toEqual({ username: 'admin', password: expect.stringMatching(/^[\w-]{20}$/) })
    expect(await bootstrapAdmin(store, passwords, undefined, 1)).toBeUndefined()
    expect(await bootstrapAdmin(store, passwords, 'another one', 1)).toBeUndefined()
    const [{ password_hash }] = await store.read((tx) => tx`SELECT password_hash FROM users`)
    expect(await passwords.verify(first?.password ?? '', password_hash)).toBe(true)
    await store.close()
    folder.remove()
  })

  test('is not made with a short password', async () => {
    const folder = tempFolder()
    const store = await openDatabase(folder.file('zlt.db'))
    await expect(bootstrapAdmin(store, new Passwords(), 'short', 1)).rejects.toThrow(/at least 8/)
    await store.close()
    folder.remove()
  })
})
