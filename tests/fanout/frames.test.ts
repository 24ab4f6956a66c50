import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mintToken } from '../../src/auth/mint.ts'
import { openSigningKeys } from '../../src/auth/signing-keys.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { openRawViewer, openViewer, shownAt } from '../support/viewer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ heartbeatMs: 1_000, silentAfterMs: 2_500 })
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
  await server.order('o2', { customer: 'c1', partner: 'dp1' })
  await server.order('foreign', { customer: 'c2', partner: 'dp2' })
})
afterAll(() => server.close())

const customer = () => server.token('CUSTOMER', 'c1')

describe('watch and unwatch', () => {
  test('add an order to the socket and take it off again', async () => {
    const viewer = await openViewer(server, ['o1'])
    viewer.send({ type: 'watch', order_id: 'o2' })
    await viewer.shows('o2', (view) => view.order !== undefined)
    viewer.send({ type: 'unwatch', order_id: 'o1' })
    viewer.send({ type: 'watch', order_id: 'foreign' })
    // The refusal comes after the unwatch was read: from here on o1 is not watched.
    await viewer.until('the refusal', ({ type }) => type === 'error')
    const before = viewer.frames.length
    await server.post('dp1', { lat: 12.5, lng: 77.5 })
    await viewer.shows('o2', (view) => shownAt(view) === '12.5,77.5')
    expect(viewer.frames.slice(before).map(({ order_id }) => order_id)).toEqual(['o2'])
    viewer.close()
  })

  test('an order that is unknown or foreign gets an error, and the socket stays', async () => {
    const viewer = await openViewer(server, ['o1'])
    for (const id of ['unknown', 'foreign']) {
      viewer.send({ type: 'watch', order_id: id })
      const error = await viewer.until('the refusal', ({ type, order_id }) => type === 'error' && order_id === id)
      expect(error).toEqual({ type: 'error', order_id: id, code: 'order_not_found' })
    }
    viewer.send({ type: 'watch', order_id: 'o2' })
    await viewer.shows('o2', (view) => view.order !== undefined)
    viewer.close()
  })

  test('never more than eight orders, also when asked for in one moment', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `many${i}`)
    for (const id of ids) await server.order(id, { customer: 'c1' })
    const viewer = await openViewer(server, ['o1'])
    for (const id of ids) viewer.send({ type: 'watch', order_id: id })
    await viewer.until('five refusals', () => viewer.frames.filter(({ type }) => type === 'error').length === 5)
    const watched = new Set(viewer.frames.filter(({ type }) => type === 'view').map(({ order_id }) => order_id))
    expect(watched.size).toBe(8)
    expect(viewer.frames.filter(({ type }) => type === 'error').map(({ code }) => code)).toEqual(
      new Array(5).fill('too_many_orders'),
    )
    viewer.close()
  })

  test('never more than eight orders, also when all of them become known while they are waited for', async () => {
    const viewer = await openViewer(server, ['o1'])
    const ids = Array.from({ length: 10 }, (_, i) => `later${i}`)
    for (const id of ids) viewer.send({ type: 'watch', order_id: id })
    await Promise.all(ids.map((id) => server.order(id, { customer: 'c1' })))
    await viewer.until('three refusals', () => viewer.frames.filter(({ type }) => type === 'error').length === 3)
    const watched = new Set(viewer.frames.filter(({ type }) => type === 'view').map(({ order_id }) => order_id))
    expect(watched.size).toBe(8)
    expect(viewer.frames.find(({ type }) => type === 'error')?.code).toBe('too_many_orders')
    viewer.close()
  })

  test('a frame of a type that is not known is ignored', async () => {
    const viewer = await openViewer(server, ['o1'])
    viewer.send({ type: 'from_the_future', order_id: 7 })
    viewer.send({ type: 'ack', now_ms: Date.now() })
    viewer.send({ type: 'watch', order_id: 'o2' })
    await viewer.shows('o2', (view) => view.order !== undefined)
    viewer.close()
  })
})

describe('tokens on an open socket', () => {
  test('an expired one closes with 4401, a renewed one does not', async () => {
    const renewed = await openViewer(server, ['o1'], { ttlS: 2 })
    const expiring = await openViewer(server, ['o1'], { ttlS: 2 })
    renewed.send({ type: 'auth', token: await customer() })
    expect(await expiring.closing).toEqual({ code: 4401, reason: 'token_expired' })
    // Swept together with the other: were it to close, it would have.
    await server.post('dp1', { order_id: 'o1', lat: 12.5001, lng: 77.5 })
    await renewed.shows('o1', (view) => shownAt(view) === '12.5001,77.5')
    renewed.close()
  })

  test('another identity closes with 4403', async () => {
    for (const token of [await server.token('CUSTOMER', 'c2'), await server.token('ADMIN', 'c1')]) {
      const viewer = await openViewer(server, ['o1'])
      viewer.send({ type: 'auth', token })
      expect((await viewer.closing).code).toBe(4403)
    }
  })

  test('a bad, a foreign and an ended token close with 4401', async () => {
    const folder = tempFolder()
    const otherKeys = await openSigningKeys(folder.file('keys.json'), { create: true })
    const claims = { sub: 'c1', role: 'CUSTOMER', ttlS: 60, issuer: 'zlt' } as const
    const tokens = [
      'not a token',
      await mintToken(otherKeys, claims, Date.now()),
      await server.token('CUSTOMER', 'c1', { ttlS: 60, nowMs: Date.now() - 120_000 }),
    ]
    for (const token of tokens) {
      const viewer = await openViewer(server, ['o1'])
      viewer.send({ type: 'auth', token })
      expect((await viewer.closing).code).toBe(4401)
    }
    folder.remove()
  })

  test('one that names fewer orders ends the others', async () => {
    const viewer = await openViewer(server, ['o1', 'o2'])
    viewer.send({ type: 'auth', token: await server.token('CUSTOMER', 'c1', { orders: ['o1'] }) })
    const end = await viewer.until('the end', ({ type }) => type === 'end')
    expect(end).toEqual({ type: 'end', order_id: 'o2', reason: 'revoked' })
    viewer.close()
  })
})

describe('signs of life', () => {
  test('a socket on which nothing is sent gets a beat', async () => {
    const viewer = await openViewer(server, ['o1'])
    const beat = await viewer.until('the beat', ({ type }) => type === 'beat', 3_000)
    expect(Math.abs(beat.now_ms - Date.now())).toBeLessThan(5_000)
    viewer.close()
  })

  test('a peer that answers no ping and says nothing is closed with 4408, one that acknowledges is not', async () => {
    const silent = await openRawViewer(server, '/ws?order_id=o1', await customer())
    const talking = await openRawViewer(server, '/ws?order_id=o1', await customer())
    const timer = setInterval(() => talking.send(1, '{"type":"ack"}'), 500)
    expect((await silent.closing).code).toBe(4408)
    await server.post('dp1', { order_id: 'o1', lat: 12.5002, lng: 77.5 })
    expect(await Promise.race([talking.closing, Bun.sleep(300)])).toBeUndefined()
    clearInterval(timer)
    talking.close()
  }, 10_000)

  test('a peer that is gone without a word leaves no viewer behind', async () => {
    const before = await server.metric('zlt_viewers')
    const gone = await openRawViewer(server, '/ws?order_id=o1', await customer())
    gone.socket.resetAndDestroy()
    const after = async () => (await server.metric('zlt_viewers')) <= before
    const deadlineMs = Date.now() + 4_000
    while (!(await after()) && Date.now() < deadlineMs) await Bun.sleep(20)
    expect(await after()).toBe(true)
  })
})

describe('bad frames', () => {
  const rows: [name: string, opcode: number, payload: string | Uint8Array, code: number][] = [
    ['larger than 4 KiB', 1, `{"type":"ack","x":"${'x'.repeat(4096)}"}`, 4400],
    ['larger than 4 KiB in bytes, not in characters', 1, `{"type":"ack","x":"${'é'.repeat(2100)}"}`, 4400],
    ['binary', 2, new Uint8Array([123, 125]), 4400],
    ['not JSON', 1, 'hello', 4400],
    ['empty', 1, '', 4400],
    ['JSON but no object', 1, '[]', 4400],
    ['null', 1, 'null', 4400],
    ['without a type', 1, '{"order_id":"o1"}', 4400],
    ['a type of another kind', 1, '{"type":7}', 4400],
    ['watch without an order', 1, '{"type":"watch"}', 4400],
    ['watch of what is no id', 1, '{"type":"watch","order_id":"a b"}', 4400],
    ['auth without a token', 1, '{"type":"auth"}', 4400],
    ['nested deeply', 1, '['.repeat(2000) + ']'.repeat(2000), 4400],
    ['__proto__ for a type', 1, '{"__proto__":{"type":"watch","order_id":"o2"}}', 4400],
    // Bun's own answers, by RFC 6455's codes: such a frame never reaches us.
    ['text that is not UTF-8', 1, new Uint8Array([0xff, 0xfe]), 1007],
    ['100 KiB', 1, 'x'.repeat(100_000), 1009],
  ]
  for (const [name, opcode, payload, code] of rows) {
    test(`${name}: ${code}`, async () => {
      const viewer = await openRawViewer(server, '/ws?order_id=o1', await customer())
      viewer.send(opcode, payload)
      expect((await viewer.closing).code).toBe(code)
      viewer.close()
    })
  }

  test('more than 20 a second: 4429', async () => {
    const viewer = await openViewer(server, ['o1'])
    for (let i = 0; i < 21; i++) viewer.send({ type: 'ack' })
    expect((await viewer.closing).code).toBe(4429)
  })

  test('20 a second are fine', async () => {
    const viewer = await openViewer(server, ['o1'])
    for (let i = 0; i < 19; i++) viewer.send({ type: 'ack' })
    viewer.send({ type: 'watch', order_id: 'o2' })
    await viewer.shows('o2', (view) => view.order !== undefined)
    viewer.close()
  })

  test('what comes after a refused frame is not obeyed', async () => {
    const viewer = await openRawViewer(server, '/ws?order_id=o1', await customer())
    viewer.send(1, 'hello')
    viewer.send(1, '{"type":"watch","order_id":"o2"}')
    expect((await viewer.closing).code).toBe(4400)
    expect(viewer.frames.filter(({ order_id }) => order_id === 'o2')).toEqual([])
    viewer.close()
  })
})
