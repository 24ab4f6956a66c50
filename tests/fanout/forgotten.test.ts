import { Database } from 'bun:sqlite'
import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { LoopbackMail } from '../../src/adapters/embedded/mail.ts'
import { createOrder } from '../../src/domain/order.ts'
import { Owner } from '../../src/fanout/owner.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Snapshots } from '../../src/ports/snapshots.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { openEmbedded } from '../adapters/embedded/open-embedded.ts'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

test('an order whose forgetting was stored and cut off before all nodes heard of it leaves no track behind', async () => {
  server = await startTestServer()
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
  await server.post('dp1', { order_id: 'o1', lat: 1, lng: 1 })
  await eventually('the fix is folded', async () => (await server?.metric('zlt_positions_total')) === 1)
  await server.stop()
  const saved = () => {
    const db = new Database(join(server?.config.data ?? '', 'log.db'))
    const count = (table: string) => (db.query(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n
    const counts = { tracks: count('tracks'), trail: count('trail') }
    db.close()
    return counts
  }
  expect(saved()).toEqual({ tracks: 1, trail: 1 })
  const db = new Database(join(server.config.data, 'zlt.db'))
  db.run("UPDATE orders SET rev = rev + 1, fact = 'removed', status = 'cancelled', partner_id = NULL, doc = NULL")
  db.close()
  await server.start()
  await eventually('nothing is left', () => saved().tracks === 0 && saved().trail === 0)
})

test('a track that could not be dropped is dropped as soon as that can be done', async () => {
  const { first, cleanup } = await openEmbedded()
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const mail = new LoopbackMail(onError)
  await mail.open({ receive() {}, gap() {}, absent() {}, expired() {}, emptied() {} })
  let dropped = 0
  const snapshots = {
    loadPace: async () => undefined,
    async drop() {
      if (errors.length === 0) throw new Error('disk full')
      dropped += 1
    },
  } as unknown as Snapshots
  const orders = new OrderTable()
  const owner = new Owner({
    log: first.log,
    mail,
    snapshots,
    orders,
    access: new AccessTable(),
    metrics: new Metrics(),
    onError,
    now: Date.now,
  })
  await owner.start()
  orders.apply('o1', JSON.stringify(createOrder('o1', {}, 1)))
  orders.apply('o1', null)
  await until(() => dropped === 1)
  expect(errors).toHaveLength(1)
  await owner.close()
  await cleanup()
})

test('a forgotten order is not brought to life again by tokens that name it, and its id may be used again', async () => {
  server = await startTestServer()
  await server.order('o1', { customer: 'c1', partner: 'dp1', drop: { lat: 1, lng: 1 } })
  const customer = await server.token('CUSTOMER', 'c1', { orders: ['o1'] })
  const rider = await server.token('DELIVERY_PARTNER', 'dp1', { orders: ['o1'] })
  const admin = await server.token('ADMIN', 'root')
  const track = async () => server?.call('GET', '/orders/o1/track', { token: customer })
  const post = async () => server?.call('POST', '/location', { token: rider, body: { order_id: 'o1', lat: 1, lng: 1 } })
  expect((await track())?.status).toBe(200)

  expect((await server.call('DELETE', '/orders/o1', { token: admin })).status).toBe(204)
  for (const _ of ['at once', 'after a restart']) {
    await eventually('the token opens nothing', async () => (await track())?.status === 404)
    expect((await post())?.status).toBe(404)
    expect((await server.call('GET', '/orders/o1', { token: admin })).status).toBe(404)
    expect((await server.call('GET', '/orders', { token: admin })).body.items).toEqual([])
    await server.restart()
  }
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
  expect((await post())?.status).toBe(202)
  expect((await track())?.body.order.status).toBe('assigned')
})
