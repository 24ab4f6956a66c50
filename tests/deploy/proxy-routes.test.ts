/** Each route of the table is sent by the proxy to the role that serves it. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { openPack } from '../../src/fanout/pack.ts'
import { ROUTE_LIST, SERVICES } from '../../src/http/routes.ts'
import { exchange } from '../support/raw-http.ts'
import { type ProxyUnderTest, startNginx } from './nginx.ts'
import { type NodeDouble, startNodeDouble } from './node-double.ts'

let proxy: ProxyUnderTest
let nodes: NodeDouble[]

beforeAll(async () => {
  nodes = ['auth', 'ingest', 'fanout'].map((name) => startNodeDouble(name))
  const [auth, ingest, fanout] = nodes.map(({ address }) => address) as [string, string, string]
  proxy = await startNginx({ auth, ingest, fanout: [fanout] })
})

afterAll(async () => {
  await proxy?.close()
  for (const node of nodes ?? []) await node.close()
})

async function askedNode(method: string, path: string): Promise<string | null> {
  const response = await fetch(proxy.url + path, { method })
  await response.arrayBuffer()
  return response.headers.get('x-node')
}

for (const { method, path, service, operation } of ROUTE_LIST) {
  const shown = path.replaceAll(/:\w+/g, 'Ab-1._:')
  if (operation === 'getMetrics') {
    test.each(['/metrics', '//metrics', '/%6detrics', '/./metrics', '/x/../metrics', '/metrics?x=1'])(
      'nobody gets a node’s metrics through the proxy by %s',
      async (way) => {
        // fetch would tidy these paths before it sends them.
        const { answers } = await exchange(Number(new URL(proxy.url).port), `GET ${way} HTTP/1.1\r\nHost: a\r\n\r\n`)
        expect(answers[0]?.status).toBe(404)
        expect(answers[0]?.headers).not.toHaveProperty('x-node')
      },
    )
  } else if (service === 'every') {
    test(`${method} ${path} is answered by a role`, async () => {
      expect(SERVICES as readonly (string | null)[]).toContain(await askedNode(method, shown))
    })
  } else {
    test(`${method} ${path} goes to ${service}`, async () => {
      expect(await askedNode(method, shown)).toBe(service)
      // A page of another origin asks first.
      expect(await askedNode('OPTIONS', shown)).toBe(service)
    })
  }
}

test('every page, and all that belongs to it, comes from fan-out', async () => {
  const { files } = await openPack(join(import.meta.dir, '../../dist/web.pack'))
  expect(files.length).toBeGreaterThan(5)
  for (const { path } of files) expect([path, await askedNode('GET', path.replace('*', 'x'))]).toEqual([path, 'fanout'])
})

test.each(['/in/owntracks', '/in/osmand/a.b.c', '/in/overland'])(
  'what riders’ apps send to %s goes to ingest',
  async (path) => {
    expect(await askedNode('POST', path)).toBe('ingest')
  },
)

test.each([
  '/t',
  '/in',
  '/assets',
  '/location/x',
  '/orders/a/b/track',
  '/orders/a%2Fb/track',
  '/ws/',
  '/orders//track',
  '/docs/x',
])('what is no route (%s) is refused by a role and not by the proxy', async (path) => {
  expect(await askedNode('GET', path)).toBe('auth')
})
