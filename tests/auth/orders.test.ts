import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SCHEMAS } from '../../src/http/schemas.ts'
import { type Answer, type AuthServer, type CallOptions, startAuthServer } from '../support/auth-server.ts'
import { DATABASES } from '../support/databases.ts'

describe.each(DATABASES)('on $name', (kind) => {
  let server: AuthServer
  let backend: string
  let dp1: string
  let dp2: string
  let c1: string
  beforeAll(async () => {
    server = await startAuthServer(kind)
    backend = await server.token('INTERNAL_SERVICE', 'shop')
    dp1 = await server.token('DELIVERY_PARTNER', 'dp1')
    dp2 = await server.token('DELIVERY_PARTNER', 'dp2')
    c1 = await server.token('CUSTOMER', 'c1')
  })
  afterAll(async () => {
    expect(server.failures).toEqual([])
    await server.close()
  })

  const call = (
    method: string,
    path: string,
    body?: unknown,
    token = backend,
    options: CallOptions = {},
  ): Promise<Answer> => server.call(method, path, body, { token, ...options })
  const create = (body: object = {}) => call('POST', '/orders', body)
  const assign = (id: string, partner_id = 'dp1') => call('POST', `/orders/${id}/assign`, { partner_id })
  const move = (id: string, status: string, token = backend) => call('POST', `/orders/${id}/status`, { status }, token)
  const newOrder = async (more: object = {}): Promise<string> => (await create(more)).body.id

  /** The answer is an order as the API document shapes it, with nothing beside. */
  function expectOrder(answer: Answer, status = 200): void {
    expect(answer.status).toBe(status)
    expect(SCHEMAS.Order.parse(answer.body)).toEqual(answer.body)
    expect(answer.body.published).toBeUndefined()
  }
  const expectError = (answer: Answer, status: number, code: string) =>
    expect({ status: answer.status, code: answer.body?.code }).toEqual({ status, code })

  const FULL = {
    customer_id: 'c1',
    pickup: { lat: 47.1, lng: 9.5, name: 'Kitchen' },
    drop: { lat: 47.2, lng: 9.6, name: 'Home' },
    stops: [{ lat: 47.15, lng: 9.55, kind: 'pickup' }],
    vehicle: 'bicycle',
    route: { polyline: '_p~iF~ps|U', precision: 5 },
    promised_ms: 1_760_000_900_000,
  }

  describe('POST /orders', () => {
    test('creates an order, which every node is told of before the answer', async () => {
      const answer = await create({ id: 'order123', ...FULL })
      expectOrder(answer, 201)
      expect(answer.body).toMatchObject({ id: 'order123', status: 'created', assignment: 0, visible: false, ...FULL })
      expect(await server.fact('order123')).toEqual(answer.body)
    })

    test('makes an id when none is given', async () => {
      const answer = await create()
      expectOrder(answer, 201)
      expect((await call('GET', `/orders/${answer.body.id}`)).body).toEqual(answer.body)
    })

    test('refuses an id that is there', async () => {
      const id = await newOrder()
      expectError(await create({ id }), 409, 'order_exists')
    })

    test('names what is wrong with its input', async () => {
      for (const [pointer, wrong] of [
        ['/drop/lat', { drop: { lat: 91, lng: 0 } }],
        ['/vehicle', { vehicle: 'rocket' }],
        ['/partner_id', { partner_id: 'dp1' }],
        ['/id', { id: 'a b' }],
        ['/promised_ms', { promised_ms: 1_760_000_900 }],
      ] as const) {
        const answer = await create(wrong)
        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body', errors: [{ pointer }] } })
      }
      expectError(await call('POST', '/orders', '[}'), 400, 'malformed_json')
    })

    test('an id can be used again once its order is forgotten, and its rev is newer', async () => {
      const { body: before } = await create({ id: 'again' })
      await call('DELETE', '/orders/again')
      const { body: after } = await create({ id: 'again' })
      expect(after.rev).toBeGreaterThan(before.rev)
    })
  })

  describe('Idempotency-Key', () => {
    const withKey = (key: string, path: string, body: unknown, token = backend) =>
      call('POST', path, body, token, { token, headers: { 'idempotency-key': key } })

    test('a request sent again is answered again and done once, also at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => withKey('k1', '/orders', { customer_id: 'c7' })),
      )
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
      expect(answers.every(({ status }) => status === 201)).toBe(true)
      const { body } = await call('GET', '/orders', undefined, await server.token('CUSTOMER', 'c7'))
      expect(body.items).toHaveLength(1)
    })

    test('also for a hand-over and a status', async () => {
      const id = await newOrder()
      const first = await withKey('a1', `/orders/${id}/assign`, { partner_id: 'dp1' })
      expect((await withKey('a1', `/orders/${id}/assign`, { partner_id: 'dp1' })).body).toEqual(first.body)
      expect((await server.fact(id))?.timeline).toHaveLength(2)
      const moved = await withKey('s1', `/orders/${id}/status`, { status: 'picked_up' }, dp1)
      expect(await withKey('s1', `/orders/${id}/status`, { status: 'picked_up' }, dp1)).toMatchObject({
        status: 200,
        body: moved.body,
      })
    })

    test('another request under it is refused; another caller has its own', async () => {
      await withKey('k2', '/orders', { customer_id: 'c1' })
      expectError(await withKey('k2', '/orders', { customer_id: 'c2' }), 409, 'idempotency_conflict')
      const other = await server.token('ADMIN', 'another')
      expectOrder(await withKey('k2', '/orders', { customer_id: 'c2' }, other), 201)
    })

    test('a failure is not kept', async () => {
      const id = await newOrder()
      expectError(await withKey('k3', '/orders', { id }), 409, 'order_exists')
      await call('DELETE', `/orders/${id}`)
      expectOrder(await withKey('k3', '/orders', { id }), 201)
    })

    test('what was forgotten is not answered again, nor made again', async () => {
      const { body } = await withKey('k4', '/orders', { customer_id: 'c1' })
      await call('DELETE', `/orders/${body.id}`)
      expectError(await withKey('k4', '/orders', { customer_id: 'c1' }), 409, 'idempotency_conflict')
    })

    test('a key that cannot be one is refused', async () => {
      for (const key of ['x'.repeat(256), 'a b'])
        expectError(await withKey(key, '/orders', {}), 400, 'invalid_parameter')
    })
  })

  describe('GET /orders/{id}', () => {
    test('a backend sees the whole; a customer and a rider what is theirs to know', async () => {
      const id = await newOrder(FULL)
      await assign(id)
      const [whole, customer, rider] = await Promise.all(
        [backend, c1, dp1].map((token) => call('GET', `/orders/${id}`, undefined, token)),
      )
      for (const answer of [whole, customer, rider]) expectOrder(answer as Answer)
      expect(whole?.body).toMatchObject({ ...FULL, partner_id: 'dp1', customer_id: 'c1' })
      expect(customer?.body).toMatchObject({ customer_id: 'c1', drop: FULL.drop, status: 'assigned' })
      for (const hidden of ['partner_id', 'stops', 'route']) expect(customer?.body).not.toHaveProperty(hidden)
      expect(rider?.body).toMatchObject({ partner_id: 'dp1', stops: FULL.stops })
      expect(rider?.body).not.toHaveProperty('customer_id')
    })

    test('one that does not exist and one that is not yours answer the same', async () => {
      const id = await newOrder({ customer_id: 'somebody' })
      const answers = [
        ...(await Promise.all([c1, dp1].map((token) => call('GET', `/orders/${id}`, undefined, token)))),
        ...(await Promise.all([c1, dp1, backend].map((token) => call('GET', '/orders/unknown', undefined, token)))),
        await call('GET', '/orders/a%20b'),
        await move(id, 'picked_up', dp1),
        await move('unknown', 'picked_up', dp1),
        await move(id, 'cancelled', dp1),
      ]
      for (const { status, body, headers } of answers) {
        expect(status).toBe(404)
        expect({ ...body, trace_id: '' }).toEqual({ ...answers[0]?.body, trace_id: '' })
        expect([...headers.keys()]).toEqual([...(answers[0]?.headers.keys() ?? [])])
      }
    })

    test('a rider loses sight of what was handed over', async () => {
      const id = await newOrder()
      await assign(id)
      expect((await call('GET', `/orders/${id}`, undefined, dp1)).status).toBe(200)
      await assign(id, 'dp2')
      expect((await call('GET', `/orders/${id}`, undefined, dp1)).status).toBe(404)
      expect((await move(id, 'picked_up', dp1)).status).toBe(404)
      expect((await move(id, 'picked_up', dp2)).status).toBe(200)
    })
  })

  describe('POST /orders/{id}/assign', () => {
    test('gives the order to a rider, known or not', async () => {
      await server.call(
        'POST',
        '/users',
        { id: 'known', username: 'known', role: 'DELIVERY_PARTNER' },
        { token: await server.token('ADMIN', 'admin') },
      )
      for (const partner of ['known', 'minted-elsewhere']) {
        const answer = await assign(await newOrder(), partner)
        expectOrder(answer)
        expect(answer.body).toMatchObject({ status: 'assigned', partner_id: partner, visible: true, stops_before: 0 })
        expect(answer.body.assignment).toBeGreaterThan(0)
        expect(await server.fact(answer.body.id)).toEqual(answer.body)
      }
    })

    test('a user who is no rider is refused', async () => {
      expectError(await assign(await newOrder(), 'admin'), 409, 'not_a_partner')
    })

    test('again is a hand-over: it keeps picked_up and raises the assignment, until the end', async () => {
      const id = await newOrder()
      const first = await assign(id)
      await move(id, 'picked_up')
      const second = await assign(id, 'dp2')
      expect(second.body).toMatchObject({ status: 'picked_up', partner_id: 'dp2' })
      expect(second.body.assignment).toBeGreaterThan(first.body.assignment)
      expect(second.body.timeline.map(({ status }: { status: string }) => status)).toEqual([
        'created',
        'assigned',
        'picked_up',
        'assigned',
      ])
      await move(id, 'delivered')
      const refused = await assign(id)
      expectError(refused, 409, 'illegal_transition')
      expect(refused.body.allowed).toEqual([])
    })

    test('the places of all the rider’s orders follow, and every node is told', async () => {
      const ids: string[] = []
      for (let n = 0; n < 8; n++) ids.push(await newOrder())
      for (const id of ids) await assign(id, 'busy')
      const places = async () =>
        Promise.all(ids.map(async (id) => [(await server.fact(id))?.stops_before, (await server.fact(id))?.visible]))
      expect(await places()).toEqual([
        [0, true],
        [1, true],
        [2, true],
        [3, true],
        [4, true],
        [5, true],
        [6, false],
        [7, false],
      ])
      await move(ids[0] ?? '', 'picked_up')
      const { body } = await move(ids[0] ?? '', 'delivered')
      expect(body).toMatchObject({
        visible: false,
        stops_before: 0,
        status: 'delivered',
        ended_at_ms: expect.any(Number),
      })
      await call('DELETE', `/orders/${ids[1]}`)
      const after = await Promise.all(ids.slice(2).map((id) => call('GET', `/orders/${id}`)))
      expect(after.map((answer) => answer.body.stops_before)).toEqual([0, 1, 2, 3, 4, 5])
      expect(after.every((answer) => answer.body.visible)).toBe(true)
    })
  })

  describe('POST /orders/{id}/status', () => {
    test('a rider takes its own order from the shop to the door', async () => {
      const id = await newOrder()
      await assign(id)
      for (const status of ['picked_up', 'delivered']) {
        const answer = await move(id, status, dp1)
        expectOrder(answer)
        expect(answer.body.status).toBe(status)
        expect((await server.fact(id))?.status).toBe(status as never)
      }
    })

    test('a rider cancels nothing', async () => {
      const id = await newOrder()
      await assign(id)
      expectError(await move(id, 'cancelled', dp1), 403, 'forbidden')
      expect((await move(id, 'cancelled')).status).toBe(200)
    })

    test('every move that is not allowed says what is', async () => {
      const id = await newOrder()
      const refused = async (status: string, allowed: string[], token = backend) => {
        const answer = await move(id, status, token)
        expectError(answer, 409, 'illegal_transition')
        expect(answer.body.allowed).toEqual(allowed)
        return answer
      }
      for (const status of ['created', 'picked_up', 'delivered']) await refused(status, ['cancelled'])
      expect((await refused('assigned', ['cancelled'])).body.detail).toContain('/assign')
      await assign(id)
      for (const status of ['created', 'delivered']) await refused(status, ['picked_up', 'cancelled'])
      await refused('delivered', ['picked_up'], dp1)
      await move(id, 'picked_up')
      for (const status of ['created', 'picked_up']) await refused(status, ['delivered', 'cancelled'])
      await move(id, 'delivered')
      for (const status of ['created', 'picked_up', 'delivered', 'cancelled']) await refused(status, [])
    })

    test('a status that does not exist is refused', async () => {
      expect((await move(await newOrder(), 'lost')).status).toBe(400)
    })
  })

  describe('PATCH /orders/{id}', () => {
    test('replaces what is named and keeps the rest, under a new rev', async () => {
      const { body: before } = await create(FULL)
      const answer = await call('PATCH', `/orders/${before.id}`, { drop: { lat: 1, lng: 2 } })
      expectOrder(answer)
      expect(answer.body).toEqual({ ...before, rev: answer.body.rev, drop: { lat: 1, lng: 2 } })
      expect(answer.body.rev).toBeGreaterThan(before.rev)
      expect(await server.fact(before.id)).toEqual(answer.body)
    })

    test('not once the order is over, nor its status, nor nothing', async () => {
      const id = await newOrder()
      for (const body of [{}, { status: 'delivered' }, { id: 'other' }, { drop: null }]) {
        expect((await call('PATCH', `/orders/${id}`, body)).status).toBe(400)
      }
      await move(id, 'cancelled')
      const refused = await call('PATCH', `/orders/${id}`, { vehicle: 'car' })
      expectError(refused, 409, 'illegal_transition')
      expectError(await call('PATCH', '/orders/unknown', { vehicle: 'car' }), 404, 'order_not_found')
    })
  })

  describe('DELETE /orders/{id}', () => {
    test('forgets, for the topic and for readers, at whatever stage', async () => {
      for (const stage of ['created', 'assigned', 'cancelled']) {
        const id = await newOrder(FULL)
        if (stage === 'assigned') await assign(id)
        if (stage === 'cancelled') await move(id, 'cancelled')
        expect(await call('DELETE', `/orders/${id}`)).toMatchObject({ status: 204, body: undefined })
        expect(await server.fact(id)).toBeUndefined()
        expect((await call('GET', `/orders/${id}`)).status).toBe(404)
        expectError(await call('DELETE', `/orders/${id}`), 404, 'order_not_found')
        expect((await assign(id)).status).toBe(404)
      }
    })
  })

  describe('GET /orders', () => {
    test('each sees its own, by pages, the newest first', async () => {
      const ids: string[] = []
      for (let n = 0; n < 5; n++) ids.unshift(await newOrder({ customer_id: 'pager' }))
      await assign(ids[0] ?? '', 'pager-rider')
      const pager = await server.token('CUSTOMER', 'pager')
      const seen: string[] = []
      let cursor = ''
      do {
        const { body } = await call('GET', `/orders?limit=2${cursor}`, undefined, pager)
        expect(SCHEMAS.OrderList.parse(body)).toEqual(body)
        seen.push(...body.items.map(({ id }: { id: string }) => id))
        cursor = body.next_cursor === undefined ? '' : `&cursor=${body.next_cursor}`
      } while (cursor !== '')
      expect(new Set(seen)).toEqual(new Set(ids))
      expect(seen).toHaveLength(5)

      const rider = await call('GET', '/orders', undefined, await server.token('DELIVERY_PARTNER', 'pager-rider'))
      expect(rider.body.items.map(({ id }: { id: string }) => id)).toEqual([ids[0]])
      const assigned = await call('GET', '/orders?status=assigned', undefined, pager)
      expect(assigned.body.items.map(({ id }: { id: string }) => id)).toEqual([ids[0]])
      const nobody = await call('GET', '/orders', undefined, await server.token('CUSTOMER', 'nobody'))
      expect(nobody.body).toEqual({ items: [] })
      expect((await call('GET', '/orders')).body.items.length).toBeGreaterThan(5)
    })

    test('refuses a status that does not exist', async () => {
      expectError(await call('GET', '/orders?status=lost'), 400, 'invalid_parameter')
    })
  })

  describe('a token that names orders', () => {
    test('is good for those and nothing else', async () => {
      const [mine, other] = [await newOrder(FULL), await newOrder(FULL)]
      await assign(mine)
      await assign(other)
      for (const [role, sub] of [
        ['CUSTOMER', 'c1'],
        ['DELIVERY_PARTNER', 'dp1'],
        ['INTERNAL_SERVICE', 'shop'],
        ['ADMIN', 'admin'],
      ] as const) {
        const token = await server.token(role, sub, [mine])
        expect((await call('GET', `/orders/${mine}`, undefined, token)).status).toBe(200)
        expectError(await call('GET', `/orders/${other}`, undefined, token), 404, 'order_not_found')
        const { body } = await call('GET', '/orders', undefined, token)
        expect(body.items.map(({ id }: { id: string }) => id)).toEqual([mine])
        if (role !== 'CUSTOMER') expectError(await move(other, 'picked_up', token), 404, 'order_not_found')
      }
      const token = await server.token('INTERNAL_SERVICE', 'shop', [mine, 'not-yet'])
      expectError(await call('POST', '/orders', {}, token), 403, 'forbidden')
      expectError(await call('POST', '/orders', { id: 'another-one' }, token), 403, 'forbidden')
      expectOrder(await call('POST', '/orders', { id: 'not-yet' }, token), 201)
      expect((await call('DELETE', `/orders/${other}`, undefined, token)).status).toBe(404)
      expectError(await call('POST', `/orders/${mine}/tokens`, { role: 'CUSTOMER', sub: 'x' }, token), 403, 'forbidden')
    })

    test('lists its orders though others are newer', async () => {
      const mine = await newOrder()
      await newOrder()
      const token = await server.token('ADMIN', 'admin', [mine])
      const { body } = await call('GET', '/orders?limit=1', undefined, token)
      expect(body.items.map(({ id }: { id: string }) => id)).toEqual([mine])
      expect(body).not.toHaveProperty('next_cursor')
    })

    test('of a customer sees an order whoever it is for; of a rider only while it has it', async () => {
      const id = await newOrder({ customer_id: 'somebody' })
      const customer = await server.token('CUSTOMER', 'guest', [id])
      const rider = await server.token('DELIVERY_PARTNER', 'dp9', [id])
      expect((await call('GET', `/orders/${id}`, undefined, customer)).status).toBe(200)
      expect((await call('GET', `/orders/${id}`, undefined, rider)).status).toBe(404)
      await assign(id, 'dp9')
      expect((await call('GET', `/orders/${id}`, undefined, rider)).status).toBe(200)
    })
  })

  describe('POST /orders/{id}/tokens', () => {
    const mint = (id: string, body: object) => call('POST', `/orders/${id}/tokens`, body)

    test('mints a token for this order alone', async () => {
      const id = await newOrder()
      const answer = await mint(id, { role: 'CUSTOMER', sub: 'guest', ttl_s: 60 })
      expect(answer).toMatchObject({ status: 201, body: { token_type: 'Bearer', expires_in: 60 } })
      expect(SCHEMAS.TokenAnswer.parse(answer.body)).toEqual(answer.body)
      const me = await call('GET', '/auth/me', undefined, answer.body.access_token)
      expect(me.body).toMatchObject({ sub: 'guest', role: 'CUSTOMER', orders: [id] })
      expect((await call('GET', `/orders/${id}`, undefined, answer.body.access_token)).status).toBe(200)
    })

    test('it lives a day at most, and ends 30 min after the order’s end', async () => {
      const id = await newOrder()
      expect((await mint(id, { role: 'CUSTOMER', sub: 'g' })).body.expires_in).toBe(86_400)
      await move(id, 'cancelled')
      const { expires_in } = (await mint(id, { role: 'CUSTOMER', sub: 'g' })).body
      expect(expires_in).toBeGreaterThan(1_790)
      expect(expires_in).toBeLessThanOrEqual(1_800)
      expect((await mint(id, { role: 'CUSTOMER', sub: 'g', ttl_s: 10 })).body.expires_in).toBe(10)
      server.clock.offsetMs = 31 * 60_000
      backend = await server.token('INTERNAL_SERVICE', 'shop')
      expectError(await mint(id, { role: 'CUSTOMER', sub: 'g' }), 404, 'order_not_found')
      server.clock.offsetMs = 0
      backend = await server.token('INTERNAL_SERVICE', 'shop')
    })

    test('for no backend’s role, no unknown order, and no longer than a day', async () => {
      const id = await newOrder()
      for (const body of [
        { role: 'ADMIN', sub: 'g' },
        { role: 'CUSTOMER' },
        { role: 'CUSTOMER', sub: 'g', ttl_s: 86_401 },
      ]) {
        expect((await mint(id, body)).status).toBe(400)
      }
      expectError(await mint('unknown', { role: 'CUSTOMER', sub: 'g' }), 404, 'order_not_found')
    })
  })
})
