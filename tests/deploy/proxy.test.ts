/** What the proxy in front of the roles must hold besides the way of each route. */

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTINGS } from '../../src/config.ts'
import { ERRORS, type ErrorCode } from '../../src/errors.ts'
import { until } from '../support/until.ts'
import { type ProxyUnderTest, startNginx } from './nginx.ts'
import { type NodeDouble, startNodeDouble } from './node-double.ts'

let auth: NodeDouble
let ingest: NodeDouble
let fanouts: [NodeDouble, NodeDouble]
let proxy: ProxyUnderTest

beforeEach(async () => {
  auth = startNodeDouble('auth')
  ingest = startNodeDouble('ingest')
  fanouts = [startNodeDouble('fanout-1'), startNodeDouble('fanout-2')]
  proxy = await startProxy()
})

afterEach(async () => {
  await proxy?.close()
  for (const node of [auth, ingest, ...fanouts]) await node.close()
})

function startProxy(more: Record<string, string> = {}): Promise<ProxyUnderTest> {
  const nodes = { auth: auth.address, ingest: ingest.address, fanout: fanouts.map(({ address }) => address) }
  return startNginx(nodes, more)
}

async function askedNode(path: string): Promise<string | null> {
  const response = await fetch(proxy.url + path)
  await response.arrayBuffer()
  return response.headers.get('x-node')
}

const wsUrl = () => `${proxy.url.replace('http', 'ws')}/ws?order_id=a`

test('a socket is opened with its subprotocol, speaks, and is closed with the node’s code and reason', async () => {
  const socket = new WebSocket(wsUrl(), ['zlt.v1', 'zlt.bearer.a.b.c'])
  const heard = Promise.withResolvers<string>()
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  socket.onmessage = ({ data }) => heard.resolve(String(data))
  socket.onclose = ({ code, reason }) => closed.resolve({ code, reason })
  expect(JSON.parse(await heard.promise).name).toStartWith('fanout-')
  expect(socket.protocol).toBe('zlt.v1')
  const restart = { code: 1012, reason: '{"retry_after_ms":700}' }
  socket.send(JSON.stringify(restart))
  expect(await closed.promise).toEqual(restart)
  const opening = fanouts.flatMap(({ seen }) => seen)[0]
  expect(opening?.headers.get('sec-websocket-protocol')).toBe('zlt.v1, zlt.bearer.a.b.c')
  expect(opening?.headers.get('host')).toBe(new URL(proxy.url).host)
})

test('events of a stream arrive one by one, while it goes on', async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const stream = () => new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
  for (const fanout of fanouts) fanout.answer = stream
  const opening = fetch(`${proxy.url}/orders/a/track/stream`)
  const write = (event: string) => writer.write(new TextEncoder().encode(event))
  await write('data: 1\n\n')
  const reader = (await opening).body?.getReader()
  const next = async () => new TextDecoder().decode((await reader?.read())?.value)
  expect(await next()).toBe('data: 1\n\n')
  await write('data: 2\n\n')
  expect(await next()).toBe('data: 2\n\n')
  await writer.close()
})

test('X-Forwarded-For is who asked, whatever the client wrote there', async () => {
  await fetch(`${proxy.url}/orders`, { headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' } })
  expect(auth.seen.at(-1)?.headers.get('x-forwarded-for')).toBe('127.0.0.1')
})

test('behind another proxy that is trusted, it is whom that one names', async () => {
  await proxy.close()
  proxy = await startProxy({ TRUSTED_PROXY: '127.0.0.1' })
  await fetch(`${proxy.url}/orders`, { headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' } })
  expect(auth.seen.at(-1)?.headers.get('x-forwarded-for')).toBe('198.51.100.7')
})

test('no token gets into a log, of requests that work and of those that fail', async () => {
  const secret = 'eyJhbGciOi.SECRET.xyz'
  const headers = { authorization: `Bearer ${secret}`, referer: `http://x/?${secret}` }
  const ask = async () => {
    await fetch(`${proxy.url}/in/osmand/${secret}?lat=1&token=${secret}`, { headers })
    await fetch(`${proxy.url}/in/osmand/${secret}/more`, { headers })
    await fetch(`${proxy.url}/ws?token=${secret}`, { headers: { ...headers, 'sec-websocket-protocol': secret } })
  }
  await ask()
  for (const node of [ingest, ...fanouts]) await node.close()
  await ask()
  await fetch(`${proxy.url}/in/osmand/${secret}?a=${secret}`, { method: 'POST', body: new Uint8Array(300 * 1024) })
  await until(() => proxy.accessLog().length >= 7)
  expect(proxy.logText()).not.toContain('SECRET')
  const [first] = proxy.accessLog().filter(({ path }) => String(path).startsWith('/in/'))
  expect(first).toMatchObject({ path: '/in/osmand/-', method: 'GET', status: 200, client: '127.0.0.1' })
})

test('a body up to the limit passes, a larger one is refused as a node would', async () => {
  const post = (bytes: number) => fetch(`${proxy.url}/location`, { method: 'POST', body: new Uint8Array(bytes) })
  expect(await (await post(256 * 1024)).json()).toEqual({ name: 'ingest', bytes: 256 * 1024 })
  const seen = ingest.seen.length
  expect(await problemOf(await post(256 * 1024 + 1))).toBe('body_too_large')
  expect(ingest.seen).toHaveLength(seen)
})

test('nothing that stays open is cut while beats come, however long the setting makes them', () => {
  const template = readFileSync(join(import.meta.dir, '../../deploy/nginx/zlt.conf.template'), 'utf8')
  const { kind } = SETTINGS.heartbeatMs
  expect(() => kind.parse('61s')).toThrow()
  for (const location of ['= /ws', '~ ^/orders/[^/]+/track/stream$']) {
    const block = template.slice(template.indexOf(`location ${location} {`))
    const [, seconds] = /proxy_read_timeout (\d+)s;/.exec(block.slice(0, block.indexOf('}'))) ?? []
    expect(Number(seconds) * 1000).toBeGreaterThan(kind.parse('60s'))
  }
})

test('a token of 8,192 characters passes', async () => {
  const authorization = `Bearer ${'a'.repeat(8_192)}`
  expect((await fetch(`${proxy.url}/users`, { headers: { authorization } })).status).toBe(200)
})

test('while one fan-out node is down, the other answers every request', async () => {
  await fanouts[0].close()
  const names = new Set<string | null>()
  for (let i = 0; i < 10; i++) names.add(await askedNode('/orders/a/track'))
  expect([...names]).toEqual(['fanout-2'])
})

test('a node that is not ready is passed over, sockets too', async () => {
  fanouts[1].answer = () => new Response('{"code":"not_ready"}', { status: 503 })
  for (let i = 0; i < 6; i++) expect(await askedNode('/orders/a/track')).toBe('fanout-1')
  const socket = new WebSocket(wsUrl(), ['zlt.v1'])
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.onopen = () => resolve()
  socket.onerror = () => reject(new Error('not opened'))
  await promise
  socket.close()
})

test('a node that comes back is asked again', async () => {
  const port = Number(fanouts[0].address.split(':')[1])
  await fanouts[0].close()
  for (let i = 0; i < 4; i++) expect(await askedNode('/orders/a/track')).toBe('fanout-2')
  fanouts[0] = startNodeDouble('fanout-1', port)
  await until(async () => (await askedNode('/orders/a/track')) === 'fanout-1')
})

test('when no node is left the answer says to come again, and the next ones do not wait for the dead', async () => {
  for (const fanout of fanouts) await fanout.close()
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${proxy.url}/orders/a/track`)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await problemOf(response)).toBe('not_ready')
  }
})

test('a node’s own refusal passes as it is', async () => {
  auth.answer = () => Response.json({ code: 'overloaded' }, { status: 503, headers: { 'retry-after': '7' } })
  const response = await fetch(`${proxy.url}/orders`, { method: 'POST', body: '{}' })
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7'])
  expect(auth.seen).toHaveLength(1)
})

test('the proxy’s own 404 for metrics has the form of all errors', async () => {
  expect(await problemOf(await fetch(`${proxy.url}/metrics`))).toBe('not_found')
})

/** The problem's code, when all of it agrees with the table of errors. */
async function problemOf(response: Response): Promise<string> {
  const problem = (await response.json()) as { type: string; title: string; status: number; code: ErrorCode }
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(problem).toMatchObject({
    type: `urn:zlt:error:${problem.code}`,
    title: ERRORS[problem.code].title,
    status: ERRORS[problem.code].status,
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect(response.status).toBe(problem.status)
  return problem.code
}
