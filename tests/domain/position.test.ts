import { describe, expect, test } from 'bun:test'
import { AUDIENCES } from '../../src/domain/audience'
import { assignOrder, moveOrder, type Order } from '../../src/domain/order'
import { projectPosition } from '../../src/domain/position'
import { emptyTrack, type Track } from '../../src/domain/track'
import { drive, legal, orderInHand, T0, Tracker } from '../support/rider'

const order = orderInHand()
const { track } = new Tracker(order).live(drive({ fromMs: T0, count: 3, everyMs: 4_000 }))

describe('projectPosition', () => {
  test('says where, when, and under which order it was said', () => {
    const { last } = track
    expect(projectPosition(track, order, 'customer')).toEqual({
      at: 3,
      rev: order.rev,
      assignment: order.assignment,
      id: last?.id ?? 'none',
      lat: last?.lat ?? 0,
      lng: last?.lng ?? 0,
      timestamp: (T0 + 8_000) / 1000,
      fix_time_ms: T0 + 8_000,
      received_ms: T0 + 8_100,
      accuracy_m: 8,
      heading_deg: 45,
      motion: 'moving',
      since_ms: T0 + 4_000,
      stale_after_ms: 20_000,
    })
  })

  test('is the same fix under a newer order with a newer version', () => {
    const newer = { ...order, rev: order.rev + 5 }
    expect(projectPosition(track, newer, 'ops')).toMatchObject({ at: 3, rev: order.rev + 5 })
  })

  test('is nothing while nothing may be shown', () => {
    const hidden: Order[] = [
      { ...order, visible: false },
      legal(moveOrder(order, 'delivered', T0)),
      { ...order, gone: true },
      legal(assignOrder(order, 'r2', T0)),
      { ...order, assignment: order.assignment - 1 },
    ]
    for (const one of hidden) {
      for (const audience of AUDIENCES) expect(projectPosition(track, one, audience)).toBeUndefined()
    }
    expect(projectPosition({ ...emptyTrack('o1'), assignment: order.assignment }, order, 'ops')).toBeUndefined()
  })

  test('is stale after three usual intervals, from 20 s to 2 min', () => {
    const staleAfterMs = (intervalMs: number) =>
      projectPosition({ ...track, intervalMs } satisfies Track, order, 'ops')?.stale_after_ms
    expect([0, 5_000, 10_000, 30_000, 60_000].map(staleAfterMs)).toEqual([20_000, 20_000, 30_000, 90_000, 120_000])
  })
})
