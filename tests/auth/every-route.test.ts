import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ROLES } from '../../src/domain/audience.ts'
import { ROUTE_LIST } from '../../src/http/routes.ts'
import { type AuthServer, startAuthServer } from '../support/auth-server.ts'

let server: AuthServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const routes = ROUTE_LIST.filter(({ service }) => service === 'auth')

test('every route of the service has a handler', () => {
  expect(Object.keys(server.auth.handlers).sort()).toEqual(routes.map(({ operation }) => operation).sort())
})

for (const { method, path, who, body } of routes) {
  const url = path.replace(':id', 'o1')
  const sent = method === 'GET' || method === 'DELETE' ? undefined : {}

  if (who !== 'public') {
    test(`${method} ${path} is for nobody without a token`, async () => {
      const answer = await server.call(method, url, sent)
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_missing' } })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="zlt"')
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    })

    test(`${method} ${path} is for ${who.join(', ')} only`, async () => {
      for (const role of ROLES) {
        const { status } = await server.call(method, url, sent, { token: await server.token(role, 'somebody') })
        expect([role, status === 403]).toEqual([role, !(who as readonly string[]).includes(role)])
      }
    })
  }

  if (body !== undefined) {
    test(`${method} ${path} reads only JSON of a bounded size`, async () => {
      const options = who === 'public' ? {} : { token: await server.token(who[0] ?? 'ADMIN', 'somebody') }
      const large = await server.call(method, url, `{"x":"${'x'.repeat(300_000)}"}`, options)
      expect([large.status, large.body.code]).toEqual([413, 'body_too_large'])
      const headers = { 'content-type': 'text/plain' }
      expect((await server.call(method, url, '{}', { ...options, headers })).status).toBe(415)
    })
  }
}
