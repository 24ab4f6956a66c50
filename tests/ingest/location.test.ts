import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.order('order123', { customer: 'c1', partner: 'dp1' })
  await server.order('other', { customer: 'c1', partner: 'dp1' })
  await server.order('foreign', { customer: 'c2', partner: 'dp2' })
})
afterAll(() => server.close())

const good = { lat: 12.97, lng: 77.59 }

test('the seed’s own call works as it is', async () => {
  const answer = await server.call('POST', '/location', {
    token: await server.token('DELIVERY_PARTNER', 'dp1'),
    headers: { 'content-type': 'application/json' },
    body: '{"partner_id": "dp1", "order_id": "order123", "lat": 12.97, "lng": 77.59}',
  })
  expect(answer.status).toBe(202)
  expect(answer.body).toEqual({ accepted: 1, results: [{ status: 'accepted' }], next: { interval_ms: 2_000 } })
  const position = await eventually('the position', async () => {
    const token = await server.token('CUSTOMER', 'c1')
    return (await server.call('GET', '/orders/order123/track', { token })).body.position
  })
  expect(position).toMatchObject({ lat: 12.97, lng: 77.59 })
  expect(position.timestamp).toBe(Math.floor(position.fix_time_ms / 1000))
})

describe('an array', () => {
  test('answers per fix, in its order', async () => {
    const { status, body } = await server.post('dp1', [
      { ...good, order_id: 'order123' },
      { lat: 91, lng: 77.59 },
      { ...good, partner_id: 'dp2' },
      { ...good, order_id: 'foreign' },
      'hello',
      good,
    ])
    expect(status).toBe(202)
    expect(body.accepted).toBe(2)
    expect(body.results.map(({ status, code, pointer }: Record<string, string>) => [status, code, pointer])).toEqual([
      ['accepted', undefined, undefined],
      ['rejected', 'out_of_range', '/1/lat'],
      ['rejected', 'partner_mismatch', '/2/partner_id'],
      ['rejected', 'order_not_found', '/3/order_id'],
      ['rejected', 'wrong_type', '/4'],
      ['accepted', undefined, undefined],
    ])
    expect(body.results[1]).toMatchObject({ retryable: false, detail: expect.stringContaining('-90 to 90') })
  })

  test('of which none was accepted is its first fix’s error, with all others beside it', async () => {
    const { status, body } = await server.post('dp1', [
      { ...good, order_id: 'foreign' },
      { lng: 1 },
      { ...good, partner_id: 'x' },
    ])
    expect([status, body.code]).toEqual([404, 'order_not_found'])
    expect(body.results.map(({ code }: { code: string }) => code)).toEqual([
      'order_not_found',
      'required',
      'partner_mismatch',
    ])
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/0/order_id',
      '/1/lat',
      '/2/partner_id',
    ])
  })

  test('may hold 1 to 200', async () => {
    expect((await server.post('dp1', [])).body.code).toBe('empty_batch')
    expect((await server.post('dp1', new Array(200).fill(good))).body.accepted).toBe(200)
    const { status, body } = await server.post('dp1', new Array(201).fill(good))
    expect([status, body.code]).toEqual([400, 'too_many_fixes'])
  })
})

describe('a single fix', () => {
  test('that is another rider’s is a 403', async () => {
    const { status, body } = await server.post('dp1', { ...good, partner_id: 'dp2', order_id: 'foreign' })
    expect([status, body.code]).toEqual([403, 'partner_mismatch'])
    expect(body.errors).toMatchObject([{ pointer: '/partner_id', code: 'partner_mismatch' }])
  })

  test('has no results beside its problem', async () => {
    const { body } = await server.post('dp1', { lat: 1 })
    expect(body).not.toHaveProperty('results')
  })

  test('that names an order assigned a moment later is accepted', async () => {
    const answer = server.post('dp1', { ...good, order_id: 'soon' })
    await Bun.sleep(10)
    await server.order('soon', { partner: 'dp1' })
    expect((await answer).status).toBe(202)
    await server.move('soon', 'cancelled')
  })

  const rows: [name: string, fix: unknown, code: string, ...pointers: string[]][] = [
    ['nothing at all', {}, 'required', '/lat', '/lng'],
    ['null', null, 'wrong_type', ''],
    ['a number', 7, 'wrong_type', ''],
    ['a text', 'lat=1', 'wrong_type', ''],
    ['lat null', { lat: null, lng: 1 }, 'required', '/lat'],
    ['lat text', { lat: '12.97', lng: 1 }, 'wrong_type', '/lat'],
    ['lat "NaN"', { lat: 'NaN', lng: 1 }, 'wrong_type', '/lat'],
    ['lat an array', { lat: [12], lng: 1 }, 'wrong_type', '/lat'],
    ['lat an object', { lat: { deg: 12 }, lng: 1 }, 'wrong_type', '/lat'],
    ['lat true', { lat: true, lng: 1 }, 'wrong_type', '/lat'],
    ['lat beyond a pole', { lat: 90.0001, lng: 1 }, 'out_of_range', '/lat'],
    ['lng beyond 180', { lat: 1, lng: -180.5 }, 'out_of_range', '/lng'],
    ['both', { lat: 91, lng: 181 }, 'out_of_range', '/lat', '/lng'],
    ['accuracy negative', { ...good, accuracy_m: -2 }, 'out_of_range', '/accuracy_m'],
    ['speed text', { ...good, speed_mps: 'fast' }, 'wrong_type', '/speed_mps'],
    ['heading 361', { ...good, heading_deg: 361 }, 'out_of_range', '/heading_deg'],
    ['battery 101', { ...good, battery: 101 }, 'out_of_range', '/battery'],
    ['timestamp text', { ...good, timestamp: '2026-01-01' }, 'wrong_type', '/timestamp'],
    ['fix_time_ms text', { ...good, fix_time_ms: '1760000000000' }, 'wrong_type', '/fix_time_ms'],
    ['timestamp in ms', { ...good, timestamp: 1_760_000_000_000 }, 'time_unit', '/timestamp'],
    ['order_id number', { ...good, order_id: 123 }, 'wrong_type', '/order_id'],
    ['order_id empty', { ...good, order_id: '' }, 'invalid_id', '/order_id'],
    ['order_id with a blank', { ...good, order_id: 'a b' }, 'invalid_id', '/order_id'],
    ['order_id with a line end', { ...good, order_id: 'order123\n' }, 'invalid_id', '/order_id'],
    ['order_id of 65', { ...good, order_id: 'a'.repeat(65) }, 'invalid_id', '/order_id'],
    ['partner_id an object', { ...good, partner_id: {} }, 'wrong_type', '/partner_id'],
    ['id in Greek', { ...good, id: 'αβγ' }, 'invalid_id', '/id'],
    ['several at once', { lat: 'x', lng: 181, id: '' }, 'wrong_type', '/lat', '/lng', '/id'],
  ]
  for (const [name, fix, code, ...pointers] of rows) {
    test(`with ${name}: ${code}`, async () => {
      const { status, body } = await server.post('dp1', JSON.stringify(fix))
      expect([status, body.code]).toEqual([400, code])
      expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers)
      const [inArray] = (await server.post('dp1', [good, fix])).body.results.slice(1)
      expect([inArray.code, inArray.pointer]).toEqual([code, `/1${pointers[0]}`])
    })
  }

  const fine: [name: string, fix: Record<string, unknown>][] = [
    ['members that are not known', { ...good, provider: 'gps', extras: { a: [1] } }],
    ['null for what is absent', { ...good, accuracy_m: null, timestamp: null, order_id: null, id: null }],
    ['−1 for unknown, as iOS says', { ...good, speed_mps: -1, heading_deg: -1, accuracy_m: -1, battery: -1 }],
    ['the poles and the date line', { lat: -90, lng: 180 }],
    ['numbers as exponents', { lat: 1.297e1, lng: 7.759e1 }],
  ]
  for (const [name, fix] of fine) {
    test(`with ${name} is accepted`, async () => {
      expect((await server.post('dp1', fix)).body).toMatchObject({ accepted: 1, results: [{ status: 'accepted' }] })
    })
  }
})
