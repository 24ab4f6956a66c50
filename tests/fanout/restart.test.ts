import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startTestServer, type TestServer } from '../support/server.ts'
import { openViewer, shownAt } from '../support/viewer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
  await server.order('done', { customer: 'c1', partner: 'dp1' })
  await server.move('done', 'cancelled')
})
afterAll(() => server.close())

test('a restart sends viewers away with 1012, and they come back to the same truth', async () => {
  const viewers = await Promise.all(Array.from({ length: 5 }, () => openViewer(server, ['o1'])))
  await server.post('dp1', { order_id: 'o1', lat: 12.97, lng: 77.59 })
  await server.move('o1', 'picked_up')
  for (const viewer of viewers) {
    await viewer.shows('o1', (view) => shownAt(view) === '12.97,77.59' && view.order?.status === 'picked_up')
  }
  const before = viewers[0]?.view('o1')
  await server.restart()
  for (const viewer of viewers) {
    const { code, reason } = await viewer.closing
    expect(code).toBe(1012)
    expect(JSON.parse(reason).retry_after_ms).toBeWithin(100, 1_501)
  }

  const again = await openViewer(server, ['o1'])
  const after = await again.shows('o1', (view) => shownAt(view) === '12.97,77.59')
  expect(after).toEqual(before as typeof after)
  await server.post('dp1', { order_id: 'o1', lat: 12.9701, lng: 77.59 })
  const next = await again.shows('o1', (view) => shownAt(view) === '12.9701,77.59')
  expect(next.position?.at).toBeGreaterThan(before?.position?.at ?? Number.POSITIVE_INFINITY)
  expect(next.epoch).toBe(before?.epoch as number)
  again.close()
})

test('what had ended stays ended', async () => {
  const viewer = await openViewer(server, ['done'])
  expect(await viewer.closing).toEqual({ code: 4410, reason: 'cancelled' })
})

test('the trail survives', async () => {
  const { body } = await server.call('GET', '/orders/o1/trail', { token: await server.token('CUSTOMER', 'c1') })
  // One point is no line yet; its time tells that it is there.
  expect([body.geometry, body.properties.times_ms.length]).toEqual([null, 1])
})

test('closing ends streams and does not wait for open sockets or idle connections', async () => {
  const viewer = await openViewer(server, ['o1'])
  const stream = await fetch(`${server.url}/orders/o1/track/stream`, {
    headers: { authorization: `Bearer ${await server.token('CUSTOMER', 'c1')}` },
  })
  const read = stream.text()
  const startedMs = performance.now()
  await server.restart()
  expect(performance.now() - startedMs).toBeLessThan(4_000)
  expect((await viewer.closing).code).toBe(1012)
  expect(await read).toContain('"type":"view"')
})
