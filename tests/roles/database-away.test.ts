import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type PostgresService, startPostgres } from '../services/postgres.ts'
import { type Cluster, openCluster, type RoleNode } from '../support/role-nodes.ts'
import { type Answer, eventually } from '../support/server.ts'
import { openViewer, shownAt } from '../support/viewer.ts'

let postgres: PostgresService
let cluster: Cluster
let auth: RoleNode
let ingest: RoleNode
let fanout: RoleNode
beforeAll(async () => {
  postgres = await startPostgres()
  cluster = openCluster()
  auth = await cluster.start('auth', { settings: { database: postgres.url } })
  ingest = await cluster.start('ingest')
  fanout = await cluster.start('fanout')
}, 60_000)
afterAll(async () => {
  await cluster.close()
  await postgres.stop()
})

async function asDesk(method: string, path: string, body?: unknown): Promise<Answer> {
  return auth.call(method, path, { token: await auth.token('INTERNAL_SERVICE', 'desk'), body })
}

/** A fix, and what a viewer who opens now is shown of it. */
async function isShown(lat: number): Promise<void> {
  const token = await ingest.token('DELIVERY_PARTNER', 'dp1')
  expect((await ingest.call('POST', '/location', { token, body: { order_id: 'o1', lat, lng: 77.59 } })).status).toBe(
    202,
  )
  const viewer = await openViewer(fanout, ['o1'])
  await viewer.shows('o1', (view) => shownAt(view) === `${lat},77.59`)
  viewer.close()
}

test('while the database is away, fixes are taken and shown; only orders and accounts wait, and are told so', async () => {
  await eventually('the epoch', async () => (await fanout.call('GET', '/readyz')).status === 200, 10_000)
  expect((await asDesk('POST', '/orders', { id: 'o1', customer_id: 'c1' })).status).toBeOneOf([201, 202])
  expect((await asDesk('POST', '/orders/o1/assign', { partner_id: 'dp1' })).status).toBeOneOf([200, 202])
  await eventually('the fact', async () => {
    const token = await fanout.token('CUSTOMER', 'c1')
    return (await fanout.call('GET', '/orders/o1/track', { token })).body.order?.status === 'assigned'
  })
  await isShown(1)

  await postgres.kill()
  await isShown(1.0001)
  for (const [method, path, body] of [
    ['GET', '/orders/o1'],
    ['GET', '/orders'],
    ['POST', '/orders/o1/status', { status: 'picked_up' }],
    ['POST', '/orders', { id: 'o2' }],
  ] as const) {
    const answer = await asDesk(method, path, body)
    expect([path, answer.status, answer.body.code]).toEqual([path, 503, 'database_unavailable'])
    expect(answer.headers.get('retry-after')).toBe('1')
  }
  const login = await auth.call('POST', '/auth/login', { body: { username: 'admin', password: 'whatever it is' } })
  expect([login.status, login.body.code]).toEqual([503, 'database_unavailable'])
  expect((await auth.call('GET', '/.well-known/jwks.json')).status).toBe(200)
  const ready = (await auth.call('GET', '/readyz')).body
  expect(ready).toEqual({ status: 'unready', reasons: ['the database: the database does not answer now'] })
  for (const node of [ingest, fanout]) {
    expect((await node.call('GET', '/readyz')).body).toEqual({ status: 'ready', reasons: [] })
  }

  await postgres.restart()
  await eventually('ready', async () => (await auth.call('GET', '/readyz')).status === 200)
  await eventually('a write that is published', async () => {
    return (await asDesk('POST', '/orders/o1/status', { status: 'picked_up' })).status === 200
  })
  await isShown(1.0002)
}, 40_000)
