import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exchange } from '../support/raw-http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { handshake, openRawViewer, openViewer, shownAt, tryOpening } from '../support/viewer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.order('o1', { customer: 'c1', partner: 'dp1', drop: { lat: 12.98, lng: 77.6, name: 'Home' } })
  await server.order('o2', { customer: 'c1', partner: 'dp1' })
  await server.order('foreign', { customer: 'c2', partner: 'dp2' })
})
afterAll(() => server.close())

describe('opening a socket', () => {
  test('takes the token from the Authorization header', async () => {
    const viewer = await openViewer(server, ['o1'], { by: 'header' })
    await viewer.until('the view', ({ type, order_id }) => type === 'view' && order_id === 'o1')
    expect(viewer.protocol).toBe('')
    viewer.close()
  })

  test('takes the token from the subprotocols and echoes zlt.v1 alone', async () => {
    const viewer = await openViewer(server, ['o1'], { by: 'subprotocol' })
    await viewer.until('the view', ({ type }) => type === 'view')
    expect(viewer.protocol).toBe('zlt.v1')
    viewer.close()
  })

  test('never echoes the token', async () => {
    const token = await server.token('CUSTOMER', 'c1')
    const bytes = handshake('/ws?order_id=o1', `Sec-WebSocket-Protocol: zlt.v1, zlt.bearer.${token}\r\n`)
    const { answers } = await exchange(server.port, bytes)
    expect(answers[0]?.status).toBe(101)
    expect(answers[0]?.headers['sec-websocket-protocol']).toBe('zlt.v1')
    expect(JSON.stringify(answers)).not.toContain(token)
  })

  test('refuses a token in the query with 400, whether or not there is one in a header', async () => {
    const token = await server.token('CUSTOMER', 'c1')
    for (const path of [`/ws?order_id=o1&token=${token}`, `/ws?order_id=o1&access_token=${token}`]) {
      for (const header of [undefined, token]) {
        const answer = await tryOpening(server, path, header)
        expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, 'token_in_query'])
      }
    }
  })

  test('refuses before the 101: without a token, with a bad one, with an ended one', async () => {
    const past = await server.token('CUSTOMER', 'c1', { ttlS: 60, nowMs: Date.now() - 120_000 })
    const rows = [
      [undefined, 401, 'token_missing'],
      ['a.b.c', 401, 'token_invalid'],
      [past, 401, 'token_expired'],
    ] as const
    for (const [token, status, code] of rows) {
      const answer = await tryOpening(server, '/ws?order_id=o1', token)
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code])
      expect(answer.headers['www-authenticate']).toStartWith('Bearer')
    }
  })

  test('answers unknown and foreign alike, after the same time', async () => {
    const token = await server.token('CUSTOMER', 'c1')
    const [unknown, foreign, mixed] = await Promise.all([
      tryOpening(server, '/ws?order_id=unknown', token),
      tryOpening(server, '/ws?order_id=foreign', token),
      tryOpening(server, '/ws?order_id=o1&order_id=foreign', token),
    ])
    for (const answer of [unknown, foreign, mixed]) {
      const { code, detail } = JSON.parse(answer.body)
      expect([answer.status, code, detail]).toEqual([404, 'order_not_found', 'no such order for you'])
      expect(answer.tookMs).toBeWithin(240, 400)
    }
    expect(Math.abs(unknown.tookMs - foreign.tookMs)).toBeLessThan(60)
  })

  test('waits for an order that the table does not know yet', async () => {
    const token = await server.token('CUSTOMER', 'c1')
    const opening = tryOpening(server, '/ws?order_id=soon', token)
    await Bun.sleep(60)
    await server.order('soon', { customer: 'c1' })
    expect((await opening).status).toBe(101)
  })

  test('refuses more than eight orders, no order, and what is no order id', async () => {
    const token = await server.token('CUSTOMER', 'c1')
    const nine = Array.from({ length: 9 }, (_, i) => `order_id=n${i}`).join('&')
    const rows = [
      [`/ws?${nine}`, 429, 'too_many_orders'],
      ['/ws', 400, 'invalid_parameter'],
      ['/ws?order_id=', 404, 'order_not_found'],
      ['/ws?order_id=a%20b', 404, 'order_not_found'],
    ] as const
    for (const [path, status, code] of rows) {
      const answer = await tryOpening(server, path, token)
      expect([path, answer.status, JSON.parse(answer.body).code]).toEqual([path, status, code])
    }
  })

  test('is a 426 for a plain GET', async () => {
    const answer = await server.call('GET', '/ws?order_id=o1', { token: await server.token('CUSTOMER', 'c1') })
    expect([answer.status, answer.body.code]).toEqual([426, 'upgrade_required'])
  })

  test('lets at most so many wait', async () => {
    const small = await startTestServer({ pendingSockets: 2 })
    try {
      const token = await small.token('CUSTOMER', 'c1')
      const answers = await Promise.all(Array.from({ length: 6 }, () => tryOpening(small, '/ws?order_id=no', token)))
      const refused = answers.filter(({ status }) => status === 429)
      expect(answers.filter(({ status }) => status === 404)).toHaveLength(2)
      expect(refused).toHaveLength(4)
      for (const { headers } of refused) expect(headers['retry-after']).toBe('1')
    } finally {
      await small.close()
    }
  })
})

describe('what a socket is sent', () => {
  test('first the complete view, then newer parts', async () => {
    await server.post('dp1', { order_id: 'o1', lat: 12.97, lng: 77.59 })
    const first = await openViewer(server, ['o1'])
    await first.shows('o1', (view) => shownAt(view) === '12.97,77.59')
    const [frame] = first.frames
    expect(frame).toMatchObject({ type: 'view', order_id: 'o1', order: { status: 'assigned', drop: { name: 'Home' } } })
    expect(frame?.order.timeline.map(({ status }: { status: string }) => status)).toEqual(['created', 'assigned'])
    expect(frame?.order).not.toHaveProperty('partner_id')
    expect(frame?.order).not.toHaveProperty('customer_id')

    await server.post('dp1', { order_id: 'o1', lat: 12.9701, lng: 77.59 })
    await first.shows('o1', (view) => shownAt(view) === '12.9701,77.59')
    const last = first.frames.at(-1)
    expect(last?.order).toBeUndefined()
    expect(last?.position).toMatchObject({ lat: 12.9701, lng: 77.59 })
    first.close()
  })

  test('reconnecting gives at once what there is', async () => {
    const again = await openViewer(server, ['o1'])
    const view = await again.shows('o1', (view) => shownAt(view) === '12.9701,77.59', 500)
    expect(view.order?.status).toBe('assigned')
    again.close()
  })

  test('several orders on one socket', async () => {
    const viewer = await openViewer(server, ['o1', 'o2', 'o1'])
    await viewer.shows('o1', (view) => view.order !== undefined)
    await viewer.shows('o2', (view) => view.order !== undefined)
    await server.post('dp1', { lat: 12.9702, lng: 77.59 })
    await viewer.shows('o1', (view) => shownAt(view) === '12.9702,77.59')
    await viewer.shows('o2', (view) => shownAt(view) === '12.9702,77.59')
    viewer.close()
  })

  test('an opening without Sec-WebSocket-Protocol gets none', async () => {
    const viewer = await openRawViewer(server, '/ws?order_id=o1', await server.token('CUSTOMER', 'c1'))
    expect(viewer.answer.status).toBe(101)
    expect(viewer.answer.headers['sec-websocket-protocol']).toBeUndefined()
    viewer.close()
  })
})
