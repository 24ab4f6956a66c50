/** A real server behind the proxy: what a rider sends comes to a customer, as without it. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ADMIN_PASSWORD, startTestServer, type TestServer } from '../support/server.ts'
import { openViewer } from '../support/viewer.ts'
import { type ProxyUnderTest, startNginx } from './nginx.ts'

let server: TestServer
let proxy: ProxyUnderTest
/** The server as seen through the proxy. */
let outside: TestServer

beforeAll(async () => {
  server = await startTestServer({ trustedProxies: ['127.0.0.1'] })
  const address = `127.0.0.1:${server.port}`
  proxy = await startNginx({ auth: address, ingest: address, fanout: [address] })
  const call: TestServer['call'] = async (method, path, { token, body, headers = {} } = {}) => {
    const sent = { ...headers, ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' }
    const init = { method, headers: sent, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await fetch(proxy.url + path, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: text.startsWith('{') && JSON.parse(text) }
  }
  outside = { ...server, url: proxy.url, call, token: server.token }
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
})

afterAll(async () => {
  await proxy?.close()
  await server?.close()
})

const post = async (lat: number) => {
  const token = await server.token('DELIVERY_PARTNER', 'dp1')
  return outside.call('POST', '/location', { token, body: { lat, lng: 77.59 } })
}

test('an admin logs in, a fix comes to a socket with either way of its token, and the page is served', async () => {
  const login = { username: 'admin', password: ADMIN_PASSWORD }
  expect((await outside.call('POST', '/auth/login', { body: login })).status).toBe(200)
  const viewers = [await openViewer(outside, ['o1']), await openViewer(outside, ['o1'], { by: 'subprotocol' })]
  expect(viewers[1]?.protocol).toBe('zlt.v1')
  expect((await post(12.97)).status).toBe(202)
  for (const viewer of viewers) {
    await viewer.until('the fix', (frame) => frame.position?.lat === 12.97)
    viewer.close()
  }
  const page = await fetch(`${proxy.url}/t/o1`)
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
})

test('a stream tells of a fix while it goes on', async () => {
  const authorization = `Bearer ${await server.token('CUSTOMER', 'c1')}`
  const stream = await fetch(`${proxy.url}/orders/o1/track/stream`, { headers: { authorization } })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ''
  const hear = async (what: string) => {
    while (!heard.includes(what)) heard += (await reader?.read())?.value ?? ''
  }
  await hear('"order"')
  expect((await post(12.9701)).status).toBe(202)
  await hear('"lat":12.9701')
  await reader?.cancel()
})

test('sockets are opened to our own pages, under the proxy’s address, and to no other’s', async () => {
  const token = await server.token('CUSTOMER', 'c1')
  const upgrade = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' }
  const open = (origin: string) =>
    fetch(`${proxy.url}/ws?order_id=o1`, {
      headers: {
        ...upgrade,
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        authorization: `Bearer ${token}`,
        origin,
      },
    })
  const socket = new WebSocket(`${proxy.url.replace('http', 'ws')}/ws?order_id=o1`, {
    headers: { origin: proxy.url, authorization: `Bearer ${token}` },
  } as unknown as string[])
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('our own page was refused'))
  })
  socket.close()
  expect((await open('https://elsewhere.example')).status).toBe(403)
})

test('a client that guesses passwords is one client, whatever addresses it writes into its requests', async () => {
  const statuses = new Set<number>()
  for (let i = 0; i < 40 && !statuses.has(429); i++) {
    const headers = { 'x-forwarded-for': `198.51.100.${i}` }
    const body = { username: 'nobody', password: 'guess' }
    statuses.add((await outside.call('POST', '/auth/login', { body, headers })).status)
  }
  expect(statuses).toContain(429)
}, 20_000)

test('a server that goes away sends its viewers back with a time to wait', async () => {
  const viewer = await openViewer(outside, ['o1'])
  await server.stop()
  const { code, reason } = await viewer.closing
  expect(code).toBe(1012)
  expect(JSON.parse(reason).retry_after_ms).toBeGreaterThan(0)
  await server.start()
})
