import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.order('o1', { customer: 'c1', partner: 'dp1', drop: { lat: 12.98, lng: 77.6 } })
})
afterAll(() => server.close())

const track = async (id: string, role: 'ADMIN' | 'CUSTOMER' | 'DELIVERY_PARTNER' | 'INTERNAL_SERVICE', sub: string) =>
  server.call('GET', `/orders/${id}/track`, { token: await server.token(role, sub) })

describe('GET /orders/{id}/track', () => {
  test('an order without a position is answered at once, and is not pending', async () => {
    const startedMs = performance.now()
    const answer = await track('o1', 'CUSTOMER', 'c1')
    expect(performance.now() - startedMs).toBeLessThan(300)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toMatchObject({ order_id: 'o1', order: { status: 'assigned' } })
    expect(answer.body).not.toHaveProperty('position')
    expect(answer.body).not.toHaveProperty('pending')
    expect(answer.body).not.toHaveProperty('type')
  })

  test('gives each its own part of the order', async () => {
    await server.post('dp1', { order_id: 'o1', lat: 12.97, lng: 77.59 })
    const customer = await eventually('the position', async () => {
      const { body } = await track('o1', 'CUSTOMER', 'c1')
      return body.position !== undefined && body
    })
    expect(customer.order).not.toHaveProperty('customer_id')
    const admin = (await track('o1', 'ADMIN', 'root')).body
    expect(admin.order).toMatchObject({ customer_id: 'c1', partner_id: 'dp1' })
    const rider = (await track('o1', 'DELIVERY_PARTNER', 'dp1')).body
    for (const view of [customer, admin, rider]) expect(view.position).toMatchObject({ lat: 12.97, lng: 77.59 })
  })

  test('what the tracker dropped is for ADMIN alone', async () => {
    const nowMs = Date.now()
    await server.post('dp1', [
      { order_id: 'o1', lat: 12.97, lng: 77.59, fix_time_ms: nowMs, id: 'a' },
      { order_id: 'o1', lat: 12.97, lng: 77.59, fix_time_ms: nowMs, id: 'a' },
      { order_id: 'o1', lat: 0, lng: 0, fix_time_ms: nowMs },
      { order_id: 'o1', lat: 50, lng: 8, fix_time_ms: nowMs },
      { order_id: 'o1', lat: 12.97001, lng: 77.59, fix_time_ms: nowMs, accuracy_m: 5_000 },
    ])
    const dropped = await eventually('the counts', async () => {
      const { body } = await track('o1', 'ADMIN', 'root')
      return body.dropped?.jump !== undefined && body.dropped
    })
    expect(dropped).toEqual({ duplicate: 1, null_island: 1, jump: 1, inaccurate: 1 })
    for (const [role, sub] of [
      ['CUSTOMER', 'c1'],
      ['DELIVERY_PARTNER', 'dp1'],
      ['INTERNAL_SERVICE', 'desk'],
    ] as const) {
      expect((await track('o1', role, sub)).body).not.toHaveProperty('dropped')
    }
  })

  test('unknown and foreign get one answer after one time', async () => {
    const timed = async (id: string, sub: string) => {
      const startedMs = performance.now()
      const { status, body } = await track(id, 'CUSTOMER', sub)
      return { status, code: body.code, detail: body.detail, tookMs: performance.now() - startedMs }
    }
    const [unknown, foreign] = await Promise.all([timed('nothing', 'c1'), timed('o1', 'c2')])
    expect({ ...unknown, tookMs: 0 }).toEqual({ ...foreign, tookMs: 0 })
    expect(unknown).toMatchObject({ status: 404, code: 'order_not_found' })
    for (const { tookMs } of [unknown, foreign]) expect(tookMs).toBeWithin(240, 400)
  })

  test('ids that name members of every object are ids like others', async () => {
    for (const id of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      await server.order(id, { customer: 'c1', partner: 'dp2' })
      expect((await server.post('dp2', { order_id: id, lat: 1, lng: 1 })).status).toBe(202)
      await eventually('the position', async () => (await track(id, 'CUSTOMER', 'c1')).body.position?.lat === 1)
      expect((await track(id, 'CUSTOMER', 'constructor')).status).toBe(404)
      await server.move(id, 'cancelled')
    }
  })

  test('leaves no viewer behind', async () => {
    await eventually('no watch', async () => (await server.metric('zlt_watched_orders')) === 0)
  })
})

describe('a vouched order', () => {
  test('is shown to tokens that name it, bound to its first rider', async () => {
    const token = (role: 'CUSTOMER' | 'DELIVERY_PARTNER', sub: string) => server.token(role, sub, { orders: ['v1'] })
    const get = async () => server.call('GET', '/orders/v1/track', { token: await token('CUSTOMER', 'x') })
    expect((await get()).body.order).toMatchObject({ rev: 0, status: 'picked_up' })
    const post = async (sub: string, lat: number) =>
      server.call('POST', '/location', {
        token: await token('DELIVERY_PARTNER', sub),
        body: { order_id: 'v1', lat, lng: 7 },
      })
    expect((await post('first', 50)).status).toBe(202)
    await eventually('the position', async () => (await get()).body.position?.lat === 50)
    expect((await post('second', 50.0001)).status).toBe(202)
    expect((await post('first', 50.0002)).status).toBe(202)
    await eventually('the next position', async () => (await get()).body.position?.lat === 50.0002)
    const admin = await server.call('GET', '/orders/v1/track', {
      token: await server.token('ADMIN', 'a', { orders: ['v1'] }),
    })
    expect(admin.body.dropped).toEqual({ wrong_partner: 1 })

    // Registered, it wins at once: no position until the real rider's fix.
    await server.order('v1', { customer: 'x', partner: 'first' })
    expect((await get()).body).not.toHaveProperty('position')
    expect((await get()).body.order.status).toBe('assigned')
    expect((await post('second', 51)).status).toBe(404)
    expect((await post('first', 50.0003)).status).toBe(202)
    await eventually('the registered position', async () => (await get()).body.position?.lat === 50.0003)
  })
})

describe('GET /orders/{id}/trail', () => {
  test('is GeoJSON of where the rider was', async () => {
    await server.order('t1', { customer: 'c1', partner: 'dp3' })
    await server.order('one-fix', { customer: 'c1', partner: 'dp4' })
    const nowMs = Date.now()
    await server.post('dp4', { order_id: 'one-fix', lat: 1, lng: 2 })
    for (let i = 0; i < 3; i++) {
      await server.post('dp3', { order_id: 't1', lat: 1 + i / 1e5, lng: 2, fix_time_ms: nowMs + i })
    }
    const token = await server.token('CUSTOMER', 'c1')
    const trail = await eventually(
      'three points',
      async () => {
        const { body } = await server.call('GET', '/orders/t1/trail', { token })
        return body.geometry?.coordinates.length === 3 && body
      },
      15_000,
    )
    expect(trail).toEqual({
      type: 'Feature',
      geometry: { type: 'LineString', coordinates: [0, 1, 2].map((i) => [2, 1 + i / 1e5]) },
      properties: { order_id: 't1', times_ms: [0, 1, 2].map((i) => nowMs + i) },
      complete: true,
    })
    // Saved by the same checkpoint: one place is no line, but its time tells that it is there.
    const { body } = await server.call('GET', '/orders/one-fix/trail', { token })
    expect(body).toEqual({
      type: 'Feature',
      geometry: null,
      properties: { order_id: 'one-fix', times_ms: [expect.any(Number)] },
      complete: true,
    })
  }, 20_000)

  test('a customer does not see it while the rider serves others first, nor after the end', async () => {
    await server.order('t2', { customer: 'c1', partner: 'dp3' })
    const get = async (id: string, role: 'CUSTOMER' | 'ADMIN', sub: string) =>
      (await server.call('GET', `/orders/${id}/trail`, { token: await server.token(role, sub) })).body
    expect((await get('t2', 'CUSTOMER', 'c1')).geometry).toBeNull()
    await server.move('t1', 'cancelled')
    expect((await get('t1', 'CUSTOMER', 'c1')).geometry).toBeNull()
    expect((await get('t1', 'ADMIN', 'a')).geometry.coordinates).toHaveLength(3)
  })

  test('goes with the order when it is forgotten', async () => {
    await server.call('DELETE', '/orders/t1', { token: await server.token('ADMIN', 'a') })
    const answer = await server.call('GET', '/orders/t1/trail', { token: await server.token('ADMIN', 'a') })
    expect([answer.status, answer.body.code]).toEqual([404, 'order_not_found'])
  })
})
