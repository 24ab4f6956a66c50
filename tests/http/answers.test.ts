import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ERRORS, type ErrorCode, ZltError } from '../../src/errors.ts'
import { problemResponse } from '../../src/http/problem.ts'
import { ROUTE_LIST } from '../../src/http/routes.ts'
import { exchange } from '../support/raw-http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const SHOP = 'https://shop.example'
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ allowedOrigins: [SHOP] })
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
})
afterAll(() => server.close())

describe('every code', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    test(`${code} renders as a problem`, async () => {
      const answer = problemResponse(new ZltError(code, 'why', { retryAfterMs: 1_200 }), 'trace')
      const { status, title } = ERRORS[code]
      expect(answer.status).toBe(status)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.json()).toEqual({
        type: `urn:zlt:error:${code}`,
        title,
        status,
        code,
        detail: 'why',
        trace_id: 'trace',
      })
      expect(answer.headers.has('www-authenticate')).toBe(status === 401)
      expect(answer.headers.get('upgrade')).toBe(status === 426 ? 'websocket' : null)
      expect(answer.headers.get('retry-after')).toBe(status === 429 || status === 503 ? '2' : null)
    })
  }
})

describe('methods', () => {
  const byPath = Map.groupBy(ROUTE_LIST, ({ path }) => path)
  for (const [path, routes] of byPath) {
    const methods: string[] = routes.map(({ method }) => method)
    const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods
    test(`${path} allows ${allowed.join(', ')}`, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (methods.includes(method)) continue
        const answer = await server.call(method, path.replace(':id', 'o1'))
        expect([method, answer.status, answer.body?.code]).toEqual([method, 405, 'method_not_allowed'])
        expect(answer.headers.get('allow')).toBe(allowed.join(', '))
      }
    })
  }

  test('HEAD is GET without a body, and 405 where there is no GET', async () => {
    for (const path of ['/healthz', '/openapi.json', '/.well-known/jwks.json']) {
      const answer = await server.call('HEAD', path)
      expect([path, answer.status, answer.text]).toEqual([path, 200, ''])
    }
    const unknown = await server.call('HEAD', '/orders/none/track', { token: await server.token('CUSTOMER', 'c1') })
    expect([unknown.status, unknown.text]).toEqual([404, ''])
    const post = await server.call('HEAD', '/location')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('other origins', () => {
  const preflight = (path: string, origin: string) =>
    server.call('OPTIONS', path, { headers: { origin, 'access-control-request-method': 'POST' } })

  test('an allowed one gets its preflight, and may read answers and errors', async () => {
    const answer = await preflight('/location', SHOP)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP)
    expect(answer.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, Idempotency-Key, Traceparent',
    )
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      expect(answer.headers.get('access-control-allow-methods')).toContain(method)
    }
    for (const path of ['/healthz', '/auth/me', '/nothing', '/']) {
      const { headers } = await server.call('GET', path, { headers: { origin: SHOP } })
      expect(headers.get('access-control-allow-origin')).toBe(SHOP)
      expect(headers.get('access-control-expose-headers')).toContain('Retry-After')
      expect(headers.get('vary')).toContain('Origin')
      expect(headers.has('access-control-allow-credentials')).toBe(false)
    }
  })

  test('no other gets anything', async () => {
    for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'http://shop.example', 'null']) {
      expect((await preflight('/location', origin)).status).toBe(405)
      const { headers } = await server.call('GET', '/healthz', { headers: { origin } })
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
  })
})

describe('metrics', () => {
  test('need a token, unless a setting opens them', async () => {
    expect((await server.call('GET', '/metrics')).status).toBe(401)
    const answer = await server.call('GET', '/metrics', { token: await server.token('INTERNAL_SERVICE', 'm') })
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.text).toContain('# TYPE zlt_http_requests_total counter')
    const open = await startTestServer({ metricsPublic: true })
    try {
      expect((await open.call('GET', '/metrics')).status).toBe(200)
    } finally {
      await open.close()
    }
  })

  test('a client that goes away in the middle of its body is no failure of ours', async () => {
    const token = await server.token('DELIVERY_PARTNER', 'dp1')
    const head = `POST /location HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`
    await exchange(server.port, `${head}Content-Length: 100\r\n\r\n{`, { withinMs: 50 })
    await exchange(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{`, { withinMs: 50 })
    const { text } = await server.call('GET', '/metrics', { token: await server.token('ADMIN', 'm') })
    expect(text).not.toMatch(/zlt_http_requests_total\{status="5/)
  })
})
