import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exchange } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestServer } from '../support/server.ts'
import { type Frame, openViewer, shownAt, viewOf } from '../support/viewer.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ heartbeatMs: 1_000 })
  await server.order('o1', { customer: 'c1', partner: 'dp1' })
})
afterAll(() => server.close())

interface Stream {
  response: Response
  frames: Frame[]
  ended: Promise<void>
  abort(): void
}

async function openStream(order: string, token: string): Promise<Stream> {
  const leaving = new AbortController()
  const response = await fetch(`${server.url}/orders/${order}/track/stream`, {
    headers: { authorization: `Bearer ${token}` },
    signal: leaving.signal,
  })
  const frames: Frame[] = []
  const read = async () => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = text.slice(0, end)
        text = text.slice(end + 2)
        if (event.startsWith('data: ')) frames.push(JSON.parse(event.slice(6)))
      }
    }
  }
  return { response, frames, ended: read().catch(() => {}), abort: () => leaving.abort() }
}

const customer = () => server.token('CUSTOMER', 'c1')

describe('server-sent events', () => {
  test('carry the frames of the socket', async () => {
    const socket = await openViewer(server, ['o1'])
    const stream = await openStream('o1', await customer())
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    expect(stream.response.headers.get('cache-control')).toBe('no-store')
    await server.post('dp1', { order_id: 'o1', lat: 1, lng: 2 })
    await server.move('o1', 'picked_up')
    const isNewest = (frames: Frame[]) => {
      const view = viewOf(frames, 'o1')
      return shownAt(view) === '1,2' && view?.order?.status === 'picked_up'
    }
    await eventually('the newest on both', () => isNewest(stream.frames) && isNewest(socket.frames))
    expect(viewOf(stream.frames, 'o1')).toEqual(viewOf(socket.frames, 'o1'))
    const beat = await eventually('a beat', () => stream.frames.find(({ type }) => type === 'beat'))
    expect(Object.keys(beat)).toEqual(['type', 'now_ms'])
    socket.close()
    stream.abort()
  })

  test('end with the order', async () => {
    await server.order('e1', { customer: 'c1', partner: 'dp1' })
    const stream = await openStream('e1', await customer())
    await server.move('e1', 'cancelled')
    await stream.ended
    expect(stream.frames.at(-1)).toEqual({ type: 'end', order_id: 'e1', reason: 'cancelled' })
    const again = await openStream('e1', await customer())
    await again.ended
    expect(again.frames.map(({ type }) => type)).toEqual(['view', 'end'])
  })

  test('end with the token', async () => {
    const stream = await openStream('o1', await server.token('CUSTOMER', 'c1', { ttlS: 2 }))
    await stream.ended
    expect(stream.frames.some(({ type }) => type === 'end')).toBe(false)
  })

  test('are refused as the socket is', async () => {
    await server.order('foreign', { customer: 'c2' })
    for (const id of ['foreign', 'unknown', 'a%20b']) {
      const answer = await server.call('GET', `/orders/${id}/track/stream`, { token: await customer() })
      expect([answer.status, answer.body.code]).toEqual([404, 'order_not_found'])
    }
  })

  test('a client that goes away leaves no viewer, and neither does a HEAD', async () => {
    await eventually('no viewers', async () => (await server.metric('zlt_viewers')) === 0)
    const stream = await openStream('o1', await customer())
    await eventually('its viewer', async () => (await server.metric('zlt_viewers')) === 1)
    stream.abort()
    await eventually('no viewers', async () => (await server.metric('zlt_viewers')) === 0)

    const head = `HEAD /orders/o1/track/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${await customer()}\r\n\r\n`
    const { answers } = await exchange(server.port, head)
    expect(answers[0]).toMatchObject({ status: 200, body: '' })
    expect(answers[0]?.headers['content-type']).toBe('text/event-stream')
    expect(await server.metric('zlt_viewers')).toBe(0)
    expect(await server.metric('zlt_watched_orders')).toBe(0)
  })

  test('stay open while nothing happens for longer than Bun lets an answer be silent', async () => {
    const quiet = await startTestServer({ heartbeatMs: 60_000 })
    try {
      await quiet.order('o1', { customer: 'c1' })
      const response = await fetch(`${quiet.url}/orders/o1/track/stream`, {
        headers: { authorization: `Bearer ${await quiet.token('CUSTOMER', 'c1')}` },
      })
      const ended = response.text().then(() => 'ended')
      expect(await Promise.race([ended, Bun.sleep(11_500).then(() => 'open')])).toBe('open')
    } finally {
      await quiet.close()
    }
  }, 15_000)
})
