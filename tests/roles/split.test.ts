import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ROUTE_LIST, SERVICES } from '../../src/http/routes.ts'
import { type Cluster, openCluster, type RoleNode } from '../support/role-nodes.ts'
import { eventually } from '../support/server.ts'
import { openViewer, shownAt } from '../support/viewer.ts'

let cluster: Cluster
let auth: RoleNode
let ingest: RoleNode
let fanout: RoleNode
beforeAll(async () => {
  cluster = openCluster()
  auth = await cluster.start('auth')
  ingest = await cluster.start('ingest')
  fanout = await cluster.start('fanout', { name: 'fanout' })
})
afterAll(() => cluster.close())

async function orderOf(id: string, customer: string, partner: string): Promise<void> {
  const token = await auth.token('INTERNAL_SERVICE', 'desk')
  expect((await auth.call('POST', '/orders', { token, body: { id, customer_id: customer } })).status).toBe(201)
  const body = { partner_id: partner }
  expect((await auth.call('POST', `/orders/${id}/assign`, { token, body })).status).toBe(200)
}

async function send(partner: string, order_id: string, lat: number): Promise<void> {
  const token = await ingest.token('DELIVERY_PARTNER', partner)
  expect((await ingest.call('POST', '/location', { token, body: { order_id, lat, lng: 77.59 } })).status).toBe(202)
}

describe('one role a process', () => {
  test('an order of auth, a fix to ingest and a viewer at fanout meet', async () => {
    await orderOf('o1', 'c1', 'dp1')
    const viewer = await openViewer(fanout, ['o1'])
    await send('dp1', 'o1', 12.97)
    await viewer.shows('o1', (view) => shownAt(view) === '12.97,77.59')
    viewer.close()
  })

  test('each answers what operators ask', async () => {
    for (const [service, node] of Object.entries({ auth, ingest, fanout })) {
      expect((await node.call('GET', '/healthz')).body).toMatchObject({ status: 'ok', service })
      expect((await node.call('GET', '/readyz')).body).toEqual({ status: 'ready', reasons: [] })
      for (const path of ['/metrics', '/openapi.json', '/asyncapi.json']) {
        expect((await node.call('GET', path)).status).toBe(200)
      }
    }
  })

  test('a route of another role is a 404 that names it', async () => {
    const nodes = { auth, ingest, fanout }
    let refused = 0
    for (const { method, path, service } of ROUTE_LIST) {
      if (service === 'every') continue
      for (const here of SERVICES) {
        if (here === service) continue
        const { status, body } = await nodes[here].call(method, path.replace(':id', 'o1'))
        const detail = `${method} ${path} is served by the role ${service}; this process is ${here}`
        expect([path, here, status, body]).toMatchObject([path, here, 404, { code: 'not_found', detail }])
        refused += 1
      }
    }
    expect(refused).toBeGreaterThan(40)
  })

  test('another method on a path of its own is still a 405', async () => {
    const { status, headers } = await ingest.call('GET', '/location')
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
  })
})

test('without auth, fixes are taken and viewers served on, and a fanout node starts again on the keys it kept', async () => {
  await orderOf('o2', 'c1', 'dp2')
  const viewer = await openViewer(fanout, ['o2'])
  await auth.close()
  await send('dp2', 'o2', 1)
  await viewer.shows('o2', (view) => shownAt(view) === '1,77.59')
  await fanout.close()
  expect(await viewer.closing).toMatchObject({ code: 1012 })

  fanout = await cluster.start('fanout', { name: 'fanout' })
  const again = await openViewer(fanout, ['o2'])
  await again.shows('o2', (view) => shownAt(view) === '1,77.59')
  await send('dp2', 'o2', 1.0001)
  await again.shows('o2', (view) => shownAt(view) === '1.0001,77.59')
  expect(await fanout.failures()).toEqual(['jwks'])
  again.close()
})

describe('a fanout node that goes', () => {
  test('gives its partitions away first: its viewers are shown what the new owner folds, until they are sent there', async () => {
    auth = await cluster.start('auth')
    await orderOf('o3', 'c1', 'dp3')
    const gate = Promise.withResolvers<void>()
    await fanout.close()
    const leaving = await cluster.start('fanout', {
      log: (shared) => ({
        async follow(group, follower) {
          const following = await shared.follow(group, follower)
          return {
            commit: (partition, at) => following.commit(partition, at),
            evict: (node) => following.evict(node),
            close: async () => {
              await following.close()
              await gate.promise
            },
          }
        },
      }),
    })
    const staying = await cluster.start('fanout')
    const viewer = await openViewer(leaving, ['o3'])
    await send('dp3', 'o3', 2)
    await viewer.shows('o3', (view) => shownAt(view) === '2,77.59')

    const closed = leaving.close()
    await eventually('unready', async () => (await leaving.call('GET', '/readyz')).status === 503)
    await send('dp3', 'o3', 2.0001)
    await viewer.shows('o3', (view) => shownAt(view) === '2.0001,77.59')
    const other = await openViewer(staying, ['o3'])
    await other.shows('o3', (view) => shownAt(view) === '2.0001,77.59')

    gate.resolve()
    const { code, reason } = await viewer.closing
    expect([code, JSON.parse(reason)]).toEqual([1012, { retry_after_ms: expect.any(Number) }])
    await closed
    await send('dp3', 'o3', 2.0002)
    await other.shows('o3', (view) => shownAt(view) === '2.0002,77.59')
    other.close()
    fanout = staying
  })
})
