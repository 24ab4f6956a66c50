import { expect, test } from 'bun:test'
import { ZltError } from '../../src/errors.ts'
import { Hub } from '../../src/fanout/hub.ts'
import { type Sink, Viewer } from '../../src/fanout/viewer.ts'
import { Viewers } from '../../src/fanout/viewers.ts'
import { Metrics } from '../../src/metrics.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { until } from '../support/until.ts'

const CLAIMS = { sub: 'root', role: 'ADMIN', exp: 4_000_000_000 } as const

function openViewers() {
  const [orders, metrics] = [new OrderTable(), new Metrics()]
  const source = { watch() {}, unwatch() {} }
  const hub = new Hub({ orders, access: new AccessTable(), source, metrics, now: Date.now })
  const options = { heartbeatMs: 10_000, silentAfterMs: 30_000, pendingLimit: 10, ordersPerSocket: 8 }
  return { hub, viewers: new Viewers(hub, orders, metrics, options, Date.now) }
}

function viewerOf(closings: { code: number; retryAfterMs: number }[]): Viewer {
  const sink: Sink = {
    kind: 'socket',
    send: () => 'sent',
    ping() {},
    close: (code, reason) => void closings.push({ code, retryAfterMs: JSON.parse(reason).retry_after_ms }),
  }
  return new Viewer(sink, CLAIMS, Date.now())
}

test('on the way out all are sent back, the more of them the longer spread, and none is let in', async () => {
  const { hub, viewers } = openViewers()
  const closings: { code: number; retryAfterMs: number }[] = []
  for (let i = 0; i < 3_000; i++) viewers.open(viewerOf(closings), [])
  await viewers.drain()
  expect(closings).toHaveLength(3_000)
  expect(hub.viewers.size).toBe(0)
  const times = closings.map(({ retryAfterMs }) => retryAfterMs)
  expect(Math.min(...times)).toBeWithin(100, 400)
  expect(Math.max(...times)).toBeWithin(5_500, 6_101)
  expect(closings.every(({ code }) => code === 1012)).toBe(true)
  await expect(viewers.admit(CLAIMS, ['o1'])).rejects.toThrow(ZltError)
})

test('one that was let in before the way out and opens after it is sent back too', async () => {
  const { hub, viewers } = openViewers()
  const closings: { code: number; retryAfterMs: number }[] = []
  await viewers.drain()
  viewers.open(viewerOf(closings), [{ orderId: 'o1', audience: 'ops' }])
  expect(closings).toEqual([{ code: 1012, retryAfterMs: expect.any(Number) }])
  expect(closings[0]?.retryAfterMs).toBeWithin(100, 1_501)
  expect(hub.viewers.size).toBe(0)
})

test('a clock that is set back ends no viewer’s right to talk, and beats go on', async () => {
  const clock = { nowMs: 10_000_000 }
  const [orders, metrics] = [new OrderTable(), new Metrics()]
  const source = { watch() {}, unwatch() {} }
  const hub = new Hub({ orders, access: new AccessTable(), source, metrics, now: () => clock.nowMs })
  const options = { heartbeatMs: 500, silentAfterMs: 60_000, pendingLimit: 10, ordersPerSocket: 8 }
  const viewers = new Viewers(hub, orders, metrics, options, () => clock.nowMs)
  const frames: string[] = []
  const send = (frame: string) => {
    frames.push(frame)
    return 'sent' as const
  }
  const viewer = new Viewer({ kind: 'socket', send, ping() {}, close() {} }, CLAIMS, clock.nowMs)
  viewers.open(viewer, [])
  expect(viewer.mayTalk(1, clock.nowMs)).toBe(true)

  clock.nowMs -= 3_600_000
  expect(viewer.mayTalk(1, clock.nowMs)).toBe(true)
  clock.nowMs += 1_000
  expect(viewer.mayTalk(1, clock.nowMs)).toBe(true)
  const moving = setInterval(() => {
    clock.nowMs += 100
  }, 100)
  await until(() => frames.length > 0, 'a beat', 5_000)
  clearInterval(moving)
  await viewers.drain()
})
