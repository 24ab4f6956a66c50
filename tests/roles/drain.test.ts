import { afterEach, beforeEach, expect, test } from 'bun:test'
import { type Cluster, openCluster } from '../support/role-nodes.ts'
import { eventually } from '../support/server.ts'
import { openViewer } from '../support/viewer.ts'

let cluster: Cluster
beforeEach(() => {
  cluster = openCluster()
})
afterEach(() => cluster.close())

/** An order in hand, as an auth node makes it. */
async function orderOf(id: string): Promise<void> {
  const auth = await cluster.start('auth')
  const token = await auth.token('INTERNAL_SERVICE', 'desk')
  await auth.call('POST', '/orders', { token, body: { id, customer_id: 'c1' } })
  await auth.call('POST', `/orders/${id}/assign`, { token, body: { partner_id: 'dp1' } })
}

test('an ingest node that goes answers what it has begun, ends each connection, and then takes none', async () => {
  await orderOf('o1')
  const gate = Promise.withResolvers<void>()
  let appending = 0
  const ingest = await cluster.start('ingest', {
    log: (shared) => ({
      async append(entries) {
        appending += 1
        await gate.promise
        return shared.append(entries)
      },
    }),
  })
  const token = await ingest.token('DELIVERY_PARTNER', 'dp1')
  const answer = ingest.call('POST', '/location', { token, body: { order_id: 'o1', lat: 1, lng: 1 } })
  await eventually('the append', () => appending === 1)
  const closed = ingest.close()
  gate.resolve()
  const { status, headers, body } = await answer
  expect([status, headers.get('connection'), body.accepted]).toEqual([202, 'close', 1])
  await closed
  await expect(ingest.call('GET', '/healthz')).rejects.toThrow()
})

test('a node ends in time though its log never lets go', async () => {
  await orderOf('o1')
  const fanout = await cluster.start('fanout', {
    log: (shared) => ({
      async follow(group, follower) {
        const following = await shared.follow(group, follower)
        return {
          commit: (partition, at) => following.commit(partition, at),
          evict: async () => {},
          close: () => new Promise(() => {}),
        }
      },
    }),
  })
  const viewer = await openViewer(fanout, ['o1'])
  const startMs = performance.now()
  await fanout.close()
  expect((await viewer.closing).code).toBe(1012)
  expect(performance.now() - startMs).toBeLessThan(20_000)
}, 30_000)

test('a node that goes says so at once and serves on, until load balancers have seen it', async () => {
  await orderOf('o1')
  const fanout = await cluster.start('fanout', { lingerMs: 500 })
  const token = await fanout.token('CUSTOMER', 'c1')
  const track = () => fanout.call('GET', '/orders/o1/track', { token })
  expect((await track()).headers.get('connection')).not.toBe('close')
  const startMs = performance.now()
  const closed = fanout.close()
  const { status, body, headers } = await fanout.call('GET', '/readyz')
  expect([status, body.reasons, headers.get('connection')]).toEqual([503, ['going away'], 'close'])
  expect((await track()).status).toBe(200)
  await closed
  expect(performance.now() - startMs).toBeWithin(490, 3_000)
})
