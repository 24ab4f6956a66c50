import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openRaw } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'
import { type Frame, openRawViewer, openViewer, shownAt, viewOf } from '../support/viewer.ts'

const ORDERS = ['s0', 's1', 's2', 's3']
/** What waits for a slow peer beside the kernel's buffers: a few frames, however many were made. */
const MAY_WAIT_FRAMES = 8

let server: TestServer
let desk: string
beforeAll(async () => {
  server = await startTestServer()
  desk = await server.token('INTERNAL_SERVICE', 'desk')
  // Many long names make each order part of a desk's view large: the kernel's buffers are full the sooner.
  const stops = Array.from({ length: 50 }, () => ({ lat: 12, lng: 77, kind: 'drop', name: 'x'.repeat(200) }))
  for (const id of ORDERS) await server.order(id, { customer: 'c1', partner: 'dp1', stops })
})
afterAll(() => server.close())

let step = 0
/** Sends positions of all orders, one request after the other. @returns the last place */
async function drive(requests: number): Promise<string> {
  let lat = 0
  for (let i = 0; i < requests; i++) {
    step += 1
    lat = Number((12 + step * 1e-7).toFixed(7))
    const answer = await server.post('dp1', { lat, lng: 77 })
    if (answer.status !== 202) throw new Error(answer.text)
  }
  return `${lat},77`
}

/** Changes an order until a frame was not sent because a peer is slow. */
async function fillBuffers(order: string): Promise<void> {
  const before = await server.metric('zlt_frames_conflated_total')
  for (let i = 0; i < 2_000; i++) {
    const body = { promised_ms: 1_800_000_000_000 + i }
    const answer = await server.call('PATCH', `/orders/${order}`, { token: desk, body })
    if (answer.status !== 200) throw new Error(answer.text)
    if (i % 10 === 9 && (await server.metric('zlt_frames_conflated_total')) > before) return
  }
  throw new Error('the peer never became slow')
}

test('a socket that stops reading holds no queue, and then gets the newest and every status', async () => {
  const slow = await openRawViewer(server, `/ws?${ORDERS.map((id) => `order_id=${id}`).join('&')}`, desk)
  await eventually('all views', () => ORDERS.every((id) => viewOf(slow.frames, id)?.order !== undefined))
  slow.socket.pause()
  await fillBuffers('s3')

  const firstUnread = await drive(1)
  const quick = await openViewer(server, ['s0'])
  await drive(1_000)
  await server.move('s0', 'picked_up')
  await server.move('s1', 'picked_up')
  await server.move('s1', 'delivered')
  await server.call('DELETE', '/orders/s2', { token: desk })
  const newest = await drive(10)
  // Others do not wait for it.
  await quick.shows('s0', (view) => shownAt(view) === newest)
  expect(quick.frames.length).toBeGreaterThan(900)
  quick.close()

  slow.socket.resume()
  await eventually('the newest position', () => shownAt(viewOf(slow.frames, 's0')) === newest, 10_000)
  const statuses = (id: string) => viewOf(slow.frames, id)?.order?.timeline.map(({ status }) => status)
  expect(statuses('s0')).toEqual(['created', 'assigned', 'picked_up'])
  expect(statuses('s1')).toEqual(['created', 'assigned', 'picked_up', 'delivered'])
  await eventually('the end of s1', () => endOf(slow.frames, 's1') === 'delivered')
  await eventually('the end of s2', () => endOf(slow.frames, 's2') === 'forgotten')
  const firstUnreadLat = Number(firstUnread.split(',')[0])
  const conflated = slow.frames.filter(({ order_id, position }) => order_id === 's0' && position?.lat > firstUnreadLat)
  expect(conflated.length).toBeLessThanOrEqual(MAY_WAIT_FRAMES)
  noneGoesBack(slow.frames)
  slow.close()
}, 60_000)

test('a stream that stops reading holds no queue, and then gets the newest', async () => {
  const before = await server.metric('zlt_viewers')
  const socket = await openRaw(server.port)
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  socket.write(`GET /orders/s3/track/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${desk}\r\n\r\n`)
  await eventually('the first frame', () => text.includes('"type":"view"'))
  socket.pause()
  await fillBuffers('s3')

  const firstUnread = await drive(1)
  const newest = await drive(500)
  socket.resume()
  await eventually('the newest position', () => text.includes(`"lat":${newest.split(',')[0]},`), 10_000)
  const lats = [...text.matchAll(/"position":\{[^}]*"lat":([\d.]+)/g)].map(([, lat]) => Number(lat))
  const firstUnreadLat = Number(firstUnread.split(',')[0])
  expect(lats.filter((lat) => lat > firstUnreadLat).length).toBeLessThanOrEqual(MAY_WAIT_FRAMES)
  socket.destroy()
  await eventually('its viewer to be gone', async () => (await server.metric('zlt_viewers')) <= before)
}, 60_000)

function endOf(frames: readonly Frame[], order: string): string | undefined {
  return frames.find(({ type, order_id }) => type === 'end' && order_id === order)?.reason
}

function noneGoesBack(frames: readonly Frame[]): void {
  const newest = new Map<string, [at: number, rev: number]>()
  for (const { order_id, position } of frames) {
    if (position === undefined) continue
    const [at, rev] = newest.get(order_id) ?? [-1, -1]
    expect(position.at > at || (position.at === at && position.rev > rev)).toBe(true)
    newest.set(order_id, [position.at, position.rev])
  }
}
