/** compose.yaml as it stands, on real servers and real processes of each role, behind the real proxy. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { until } from '../support/until.ts'
import { startTraceCollector, type TraceCollector } from '../tracing/trace-collector.ts'
import { type RunningStack, runCompose } from './compose-run.ts'

let stack: RunningStack
let collector: TraceCollector
let admin: string
let backend: string
let rider: string
let customer: string

beforeAll(async () => {
  collector = startTraceCollector()
  stack = await runCompose({ ZLT_TRACING: '1', ZLT_TRACING_URL: collector.url })
  admin = await logIn('admin', stack.adminPassword)
  for (const [id, role] of [
    ['shop', 'INTERNAL_SERVICE'],
    ['dp1', 'DELIVERY_PARTNER'],
    ['c1', 'CUSTOMER'],
  ]) {
    expect(
      await call('POST', '/users', admin, { id, username: id, password: `password of ${id}`, role }),
    ).toMatchObject({ id })
  }
  backend = await logIn('shop', 'password of shop')
  rider = await logIn('dp1', 'password of dp1')
  customer = await logIn('c1', 'password of c1')
  await call('POST', '/orders', backend, { id: 'o1', customer_id: 'c1' })
  expect(await call('POST', '/orders/o1/assign', backend, { partner_id: 'dp1' })).toMatchObject({ status: 'assigned' })
}, 180_000)

afterAll(async () => {
  await stack?.close()
  await collector?.close()
}, 60_000)

// biome-ignore lint/suspicious/noExplicitAny: answers of every form
async function call(method: string, path: string, token?: string, body?: unknown): Promise<any> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (token !== undefined) headers.authorization = `Bearer ${token}`
  const response = await fetch(stack.url + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return response.json()
}

async function logIn(username: string, password: string): Promise<string> {
  return (await call('POST', '/auth/login', undefined, { username, password })).access_token
}

let sent = 0
/** Sends the next fix, 10 m on. @returns its latitude */
async function sendFix(): Promise<number> {
  sent += 1
  const lat = Number((47 + sent * 1e-4).toFixed(4))
  await until(
    async () => (await call('POST', '/location', rider, { lat, lng: 9.5 })).accepted === 1,
    'the fix is acknowledged',
    15_000,
  )
  return lat
}

interface Socket {
  seen: number[]
  closed: Promise<number>
  close(): void
}

/** A customer's socket, through the proxy or on a node. */
async function watch(url = stack.url): Promise<Socket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?order_id=o1`, ['zlt.v1', `zlt.bearer.${customer}`])
  const seen: number[] = []
  socket.onmessage = ({ data }) => {
    const { position } = JSON.parse(String(data))
    if (position !== undefined) seen.push(position.lat)
  }
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code)
  })
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('the socket did not open'))
  })
  return { seen, closed, close: () => socket.close() }
}

test('a fix that comes in at the one address is seen by viewers on either fan-out node', async () => {
  const sockets = await Promise.all(['fanout-1', 'fanout-2'].map((name) => watch(stack.node(name).url)))
  const lat = await sendFix()
  for (const { seen } of sockets) await until(() => seen.includes(lat), 'the fix is seen')
  for (const socket of sockets) socket.close()
})

test('its trace goes through the processes of three roles', async () => {
  const socket = await watch()
  collector.spans.length = 0
  const lat = await sendFix()
  await until(() => socket.seen.includes(lat), 'the fix is seen')
  await until(() => collector.spans.some(({ name }) => name === 'send'), 'the last span is sent')
  await until(() => collector.spans.some(({ name }) => name === 'POST /location'), 'the first span is sent')
  const spanOf = (name: string) => collector.spans.find((span) => span.name === name)
  const [post, append, fold, send] = ['POST /location', 'append', 'fold', 'send'].map(spanOf)
  expect([post, append, fold, send].map((span) => span?.role)).toEqual(['ingest', 'ingest', 'fanout', 'fanout'])
  expect(new Set([post, append, fold, send].map((span) => span?.traceId)).size).toBe(1)
  expect([append, fold, send].map((span) => span?.parentSpanId)).toEqual([
    post?.spanId,
    append?.spanId,
    fold?.spanId,
  ] as string[])
  socket.close()
})

test('pages, their assets and the documents come from there too, and the nodes’ metrics do not', async () => {
  for (const path of ['/', '/t/o1', '/docs', '/favicon.svg', '/openapi.json', '/readyz', '/.well-known/jwks.json']) {
    expect([path, (await fetch(stack.url + path)).status]).toEqual([path, 200])
  }
  expect((await fetch(`${stack.url}/metrics`, { headers: { authorization: `Bearer ${admin}` } })).status).toBe(404)
  const own = await fetch(`${stack.node('ingest').url}/metrics`, { headers: { authorization: `Bearer ${admin}` } })
  expect(own.status).toBe(200)
})

test('a fan-out node that is stopped sends its viewers to the other one, which goes on', async () => {
  const here = await watch(stack.node('fanout-1').url)
  expect(await stack.node('fanout-1').stop()).toBe(0)
  expect(await here.closed).toBe(1012)
  const there = await watch()
  const lat = await sendFix()
  await until(() => there.seen.includes(lat), 'the other node shows the fix', 15_000)
  await stack.node('fanout-1').start()
  there.close()
}, 60_000)

test('a fan-out node that is killed takes nobody with it: the next opening is on the other one, which takes over', async () => {
  const here = await watch(stack.node('fanout-2').url)
  await stack.node('fanout-2').kill()
  await here.closed
  const there = await watch()
  const lat = await sendFix()
  await until(() => there.seen.includes(lat), 'the other node shows the fix', 20_000)
  await stack.node('fanout-2').start()
  there.close()
}, 60_000)

test('while auth is down riders are heard and viewers served', async () => {
  await stack.node('auth').kill()
  const socket = await watch()
  const lat = await sendFix()
  await until(() => socket.seen.includes(lat), 'the fix is seen')
  expect(await call('POST', '/auth/login', undefined, { username: 'a', password: 'b' })).toMatchObject({
    code: 'not_ready',
  })
  await stack.node('auth').start()
  expect(await logIn('admin', stack.adminPassword)).toBeString()
  socket.close()
}, 60_000)
