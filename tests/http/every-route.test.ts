import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mintToken } from '../../src/auth/mint.ts'
import { openSigningKeys } from '../../src/auth/signing-keys.ts'
import { ROLES, type Role } from '../../src/domain/audience.ts'
import { codesOf } from '../../src/http/openapi.ts'
import { ROUTE_LIST } from '../../src/http/routes.ts'
import { exchange } from '../support/raw-http.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { tempFolder } from '../support/temp-folder.ts'

let server: TestServer
/** Tokens that no route may take, each with the code it gets. */
let badTokens: [name: string, token: string | undefined, code: string][]
const folder = tempFolder()

beforeAll(async () => {
  server = await startTestServer()
  await server.order('o1', { customer: 'CUSTOMER', partner: 'DELIVERY_PARTNER' })
  await server.order('elsewhere', { customer: 'CUSTOMER', partner: 'DELIVERY_PARTNER' })
  const otherKeys = await openSigningKeys(folder.file('keys.json'), { create: true })
  const admin = { sub: 'a', role: 'ADMIN', ttlS: 60, issuer: 'zlt' } as const
  const good = await server.token('ADMIN', 'a')
  badTokens = [
    ['no token', undefined, 'token_missing'],
    ['garbage', 'garbage', 'token_invalid'],
    ['three parts of garbage', 'a.b.c', 'token_invalid'],
    ['an ended token', await server.token('ADMIN', 'a', { ttlS: 60, nowMs: Date.now() - 61_000 }), 'token_expired'],
    ['a token of another key', await mintToken(otherKeys, admin, Date.now()), 'token_invalid'],
    ['a token of another issuer', await mintToken(server.keys, { ...admin, issuer: 'x' }, Date.now()), 'token_invalid'],
    ['a token from tomorrow', await mintToken(server.keys, admin, Date.now() + 86_400_000), 'token_invalid'],
    ['a token with another claim', withClaim(good, { role: 'ADMIN', sub: 'b' }), 'token_invalid'],
    ['a token without a signature', `${good.split('.').slice(0, 2).join('.')}.`, 'token_invalid'],
    ['a token that says alg none', unsigned(good), 'token_invalid'],
  ]
})
afterAll(async () => {
  await server.close()
  folder.remove()
})

function withClaim(token: string, claims: object): string {
  const [head, payload = '', signature] = token.split('.')
  const said = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...claims }
  return [head, Buffer.from(JSON.stringify(said)).toString('base64url'), signature].join('.')
}

function unsigned(token: string): string {
  const head = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: 'x' })).toString('base64url')
  return `${head}.${token.split('.')[1]}.AA`
}

for (const route of ROUTE_LIST) {
  const { method, who, operation } = route
  // A DELETE would take the order from the other roles.
  const path = route.path.replace(':id', method === 'DELETE' ? 'absent' : 'o1')
  const sent = method === 'GET' || method === 'DELETE' ? {} : { body: {} }
  const documented = [...Object.keys(route.answers), ...codesOf(route)]
  const isDocumented = (answer: Answer) => documented.includes(answer.body?.code ?? String(answer.status))
  const call = (token?: string, url = path) => callWith(method, url, token, sent)

  describe(`${method} ${route.path} (${operation})`, () => {
    if (who === 'public') {
      test('needs no token', async () => {
        const answer = await call()
        expect(answer.status).not.toBeOneOf([401, 403])
        expect(isDocumented(answer)).toBe(true)
      })
      return
    }

    test('takes no bad token', async () => {
      for (const [name, token, code] of badTokens) {
        const answer = await call(token)
        expect([name, answer.status, answer.body?.code]).toEqual([name, 401, code])
        expectProblem(answer)
        const challenge = token === undefined ? 'Bearer realm="zlt"' : 'Bearer realm="zlt", error="invalid_token"'
        expect(answer.headers.get('www-authenticate')).toBe(challenge)
      }
    })

    for (const role of ROLES) {
      const may = (who as readonly Role[]).includes(role)
      test(`is ${may ? '' : 'not '}for ${role}`, async () => {
        const answer = await call(await server.token(role, role))
        if (may) expect(answer.status).not.toBeOneOf([401, 403])
        else expect([answer.status, answer.body?.code]).toEqual([403, 'forbidden'])
        expect(answer.status).toBeLessThan(500)
        expect([answer.body?.code ?? answer.status, isDocumented(answer)]).toEqual([
          answer.body?.code ?? answer.status,
          true,
        ])
        if (answer.status >= 400) expectProblem(answer)
      })

      test(`a ${role} token that names another order opens nothing`, async () => {
        const answer = await call(await server.token(role, role, { orders: ['elsewhere'] }))
        // Who it is, and a list of what it names, is all it gets; a fix without an order goes to the named one.
        if (answer.status < 300) expect(['getMe', 'listOrders']).toContain(operation)
        if (operation === 'listOrders') expect(JSON.stringify(answer.body)).not.toContain('"o1"')
      })
    }
  })
}

async function callWith(method: string, path: string, token: string | undefined, sent: object): Promise<Answer> {
  // The stream does not end by itself: its head is enough.
  if (path.endsWith('/stream') || path === '/ws') return headOf(method, path, token)
  return server.call(method, path, { ...sent, ...(token !== undefined && { token }) })
}

async function headOf(method: string, path: string, token: string | undefined): Promise<Answer> {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  const upgrade =
    path === '/ws'
      ? 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      : ''
  const target = path === '/ws' ? '/ws?order_id=o1' : path
  const { answers } = await exchange(
    server.port,
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${upgrade}${authorization}\r\n`,
  )
  const [answer] = answers
  if (answer === undefined) throw new Error(`${method} ${path}: no answer`)
  const body = answer.headers['content-type']?.includes('json') ? JSON.parse(answer.body) : undefined
  return { status: answer.status, headers: new Headers(answer.headers), text: answer.body, body }
}

/** What every error has (RFC 9457). */
function expectProblem({ status, headers, body }: Answer): void {
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(body).toMatchObject({
    type: `urn:zlt:error:${body.code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    trace_id: expect.stringMatching(/^[0-9a-z]{16,}$/),
  })
}
