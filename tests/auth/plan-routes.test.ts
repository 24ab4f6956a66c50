import { afterAll, beforeAll, expect, test } from 'bun:test'
import { SCHEMAS } from '../../src/http/schemas.ts'
import { type Answer, type AuthServer, startAuthServer } from '../support/auth-server.ts'
import { until } from '../support/until.ts'

let server: AuthServer
let backend: string
beforeAll(async () => {
  server = await startAuthServer()
  backend = await server.token('INTERNAL_SERVICE', 'shop')
})
afterAll(() => server.close())

const call = (method: string, path: string, body?: unknown, token = backend): Promise<Answer> =>
  server.call(method, path, body, { token })
const planOf = (rider: string, token = backend) => call('GET', `/partners/${rider}/plan`, undefined, token)
const setPlan = (rider: string, order_ids: unknown, token = backend) =>
  call('POST', `/partners/${rider}/plan`, { order_ids }, token)
const ids = ({ body }: Answer): string[] => body.items.map(({ id }: { id: string }) => id)

/** Orders `rider-0`, `rider-1`, … in hand of a rider, each with places and a customer of its own. */
async function give(rider: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const id = `${rider}-${n}`
    const [pickup, drop] = [1, 2].map((lng) => ({ lat: n, lng, name: `Name ${id}` }))
    await call('POST', '/orders', { id, customer_id: `c-${id}`, pickup, drop })
    expect((await call('POST', `/orders/${id}/assign`, { partner_id: rider })).status).toBe(200)
  }
}

function expectPlan(answer: Answer, rider: string, numbers: number[]): void {
  expect([answer.status, answer.status === 200 ? '' : answer.body]).toEqual([200, ''])
  expect(SCHEMAS.Plan.parse(answer.body)).toEqual(answer.body)
  expect(ids(answer)).toEqual(numbers.map((n) => `${rider}-${n}`))
  expect(answer.body.items.map((order: { stops_before: number }) => order.stops_before)).toEqual([...numbers.keys()])
}

test('a plan is the sequence of assignment until it is set; then the named ones come first', async () => {
  await give('a', 4)
  expectPlan(await planOf('a'), 'a', [0, 1, 2, 3])
  expectPlan(await setPlan('a', ['a-3', 'a-1']), 'a', [3, 1, 0, 2])
  const answer = await planOf('a')
  expectPlan(answer, 'a', [3, 1, 0, 2])
  expect(answer.headers.get('cache-control')).toBe('no-store')
  await give('b', 1)
  await call('POST', '/orders/b-0/assign', { partner_id: 'a' })
  expect(ids(await planOf('a'))).toEqual(['a-3', 'a-1', 'a-0', 'a-2', 'b-0'])
  expect(ids(await planOf('b'))).toEqual([])
})

test('before the answer every node is told of all that changed, and of nothing else', async () => {
  await give('t', 4)
  const before = await Promise.all([0, 1, 2, 3].map((n) => server.fact(`t-${n}`)))
  await setPlan('t', ['t-1', 't-0'])
  const after = await Promise.all([0, 1, 2, 3].map((n) => server.fact(`t-${n}`)))
  expect(after.map((order) => order?.stops_before)).toEqual([1, 0, 2, 3])
  expect(after[0]?.before).toEqual([
    { lat: 1, lng: 1 },
    { lat: 1, lng: 2 },
  ])
  expect(after[1]).not.toHaveProperty('before')
  for (const [n, order] of after.entries()) expect(order?.rev).toBeGreaterThan(before[n]?.rev ?? Number.NaN)
  // The same again says nothing new.
  expectPlan(await setPlan('t', ['t-1']), 't', [1, 0, 2, 3])
  expect(await Promise.all([0, 1, 2, 3].map((n) => server.fact(`t-${n}`)))).toEqual(after)
})

test('an edited place and a picked-up order change what is ahead of the others', async () => {
  await give('e', 2)
  await call('PATCH', '/orders/e-0', { drop: { lat: 40, lng: 41, name: 'Elsewhere' } })
  expect((await server.fact('e-1'))?.before).toEqual([
    { lat: 0, lng: 1 },
    { lat: 40, lng: 41 },
  ])
  await call('POST', '/orders/e-0/status', { status: 'picked_up' })
  expect((await server.fact('e-1'))?.before).toEqual([{ lat: 40, lng: 41 }])
  await call('DELETE', '/orders/e-0')
  expect(await server.fact('e-1')).not.toHaveProperty('before')
})

test('orders that the rider does not have in hand are named, and nothing is changed', async () => {
  await give('m', 2)
  await give('n', 1)
  await call('POST', '/orders', { id: 'm-nobody' })
  await call('POST', '/orders/m-0/status', { status: 'cancelled' })
  const answer = await setPlan('m', ['m-1', 'm-0', 'n-0', 'm-nobody', 'no-such'])
  expect(answer).toMatchObject({
    status: 409,
    body: { code: 'not_in_hand', order_ids: ['m-0', 'n-0', 'm-nobody', 'no-such'] },
  })
  expectPlan(await planOf('m'), 'm', [1])
})

test('names what is wrong with its input', async () => {
  const many = Array.from({ length: 501 }, (_, n) => `x${n}`)
  for (const [pointer, order_ids] of [
    ['/order_ids', []],
    ['/order_ids', ['a-0', 'a-0']],
    ['/order_ids', many],
    ['/order_ids', 'a-0'],
    ['/order_ids/0', ['a b']],
    ['/order_ids', undefined],
  ] as const) {
    const answer = await setPlan('a', order_ids)
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body', errors: [{ pointer }] } })
  }
  expect(await setPlan('a%20b', ['x'])).toMatchObject({ status: 404, body: { code: 'not_found' } })
})

test('a rider sees its own plan as a rider does, and nobody else’s; it sets none', async () => {
  await give('r', 2)
  const rider = await server.token('DELIVERY_PARTNER', 'r')
  const answer = await planOf('r', rider)
  expectPlan(answer, 'r', [0, 1])
  for (const order of answer.body.items) {
    expect(order).not.toHaveProperty('before')
    expect(order).not.toHaveProperty('customer_id')
  }
  for (const other of ['a', 'unknown']) {
    expect(await planOf(other, rider)).toMatchObject({ status: 404, body: { code: 'not_found' } })
  }
  expect((await setPlan('r', ['r-1'], rider)).status).toBe(403)
  expect((await planOf('r', await server.token('CUSTOMER', 'r'))).status).toBe(403)
})

test('a token that names orders neither sees nor sets a plan, and is not told the stops ahead', async () => {
  await give('s', 2)
  for (const role of ['ADMIN', 'INTERNAL_SERVICE', 'DELIVERY_PARTNER'] as const) {
    const narrow = await server.token(role, 's', ['s-1'])
    expect(await planOf('s', narrow)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect((await setPlan('s', ['s-1'], narrow)).status).toBe(403)
    const { body } = await call('GET', '/orders/s-1', undefined, narrow)
    expect(body).toMatchObject({ id: 's-1', stops_before: 1 })
    expect(body).not.toHaveProperty('before')
  }
  expect((await call('GET', '/orders/s-1')).body.before).toHaveLength(2)
})

test('no customer is told the stops ahead', async () => {
  await give('k', 3)
  const customer = await server.token('CUSTOMER', 'c-k-2')
  for (const path of ['/orders/k-2', '/orders']) {
    const { body } = await call('GET', path, undefined, customer)
    expect(JSON.stringify(body)).toContain('"stops_before":2')
    expect(JSON.stringify(body)).not.toContain('before":[')
    for (const secret of ['k-0', 'k-1', 'sequence']) expect(JSON.stringify(body)).not.toContain(secret)
  }
})

test('while the log takes nothing, the plan is stored and says so, also when sent again', async () => {
  await give('l', 2)
  let away = true
  server.testLog.beforePublish = () => {
    if (away) throw new Error('the log is away')
  }
  for (let n = 0; n < 2; n++) {
    expect(await setPlan('l', ['l-1'])).toMatchObject({ status: 202, body: { published: false } })
  }
  expect(ids(await planOf('l'))).toEqual(['l-1', 'l-0'])
  away = false
  await until(async () => (await setPlan('l', ['l-1'])).status === 200)
  expect((await server.fact('l-0'))?.stops_before).toBe(1)
}, 20_000)
