import { describe, expect, test } from 'bun:test'
import { AUDIENCES, type Audience } from '../../src/domain/audience'
import { assignOrder, moveOrder, type Order } from '../../src/domain/order'
import { projectPosition } from '../../src/domain/position'
import { routeId } from '../../src/domain/route'
import { emptyTrack, type Track } from '../../src/domain/track'
import type { Trip } from '../../src/domain/trip'
import type { Eta } from '../../src/domain/view'
import { drive, legal, orderInHand, T0, Tracker } from '../support/rider'
import { lineThrough, orderTo, Way, WITH_ENGINE } from '../support/way'
import { type Metres, place } from './generated-ride'

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

describe('the way to the drop', () => {
  const DROP: Metres = [3_000, 0]
  const STREET: Metres[] = [[400, 0], DROP]
  const OTHER = place([1_500, 400])
  const partOf = (trip: Trip, order: Order, audience: Audience = 'customer') => {
    const part = projectPosition({ ...track, trip, assignment: order.assignment }, order, audience)
    if (part === undefined) throw new Error('nothing is shown')
    return part
  }
  const start = (order: Order) =>
    new Way(order, WITH_ENGINE).ride([
      [0, 0],
      [400, 0],
    ])

  test('without a line is an estimate: what is left and when, no line', () => {
    const way = start(orderTo(DROP))
    const part = partOf(way.now, way.order)
    expect(part).toMatchObject({ remaining_m: Math.round(way.now.leftM), eta: { source: 'estimate' } })
    const { arrival_ms, earliest_ms, latest_ms } = part.eta as Eta
    expect([earliest_ms <= arrival_ms, arrival_ms <= latest_ms]).toEqual([true, true])
    for (const absent of ['route_id', 'along_m', 'arrival']) expect(part).not.toHaveProperty(absent)
  })

  test('with a line names it, and where on it the rider is', () => {
    const way = start(orderTo(DROP))
    way.answer(lineThrough(...STREET))
    way.ride([
      [440, 0],
      [1_000, 0],
    ])
    const { polyline, precision } = lineThrough(...STREET)
    const part = partOf(way.now, way.order)
    expect(part).toMatchObject({ route_id: routeId(polyline, precision), eta: { source: 'route' } })
    expect(part.along_m).toBeWithin(570, 630)
    expect((part.along_m ?? 0) + (part.remaining_m ?? 0)).toBeWithin(2_598, 2_602)
    // A tenth of a metre is more than any receiver knows.
    expect(part.along_m).toBe(Math.round((part.along_m ?? 0) * 10) / 10)
  })

  test('names no line while the rider is away from it', () => {
    const way = start(orderTo(DROP))
    way.answer(lineThrough(...STREET))
    way.ride([
      [440, 0],
      [1_000, 0],
      [1_000, 900],
    ])
    const part = partOf(way.now, way.order, 'ops')
    expect(part).toHaveProperty('eta')
    expect(part).not.toHaveProperty('route_id')
    expect(part).not.toHaveProperty('along_m')
  })

  test('that leads past others’ doors has its line for rider and ops, never for the customer', () => {
    const way = start(orderTo(DROP, {}, { before: [OTHER], stops_before: 1 }))
    way.answer(lineThrough([400, 0], [1_500, 400], DROP))
    expect(partOf(way.now, way.order, 'ops')).toHaveProperty('route_id')
    expect(partOf(way.now, way.order, 'rider')).toHaveProperty('route_id')
    const part = partOf(way.now, way.order)
    expect(part).not.toHaveProperty('route_id')
    expect(part).not.toHaveProperty('along_m')
    expect(part).toMatchObject({ remaining_m: expect.any(Number), eta: { source: 'route' } })
  })

  test('that led past others’ doors shows to no one once theirs come later: that plan is over', () => {
    const way = start(orderTo(DROP, {}, { before: [OTHER], stops_before: 1 }))
    way.answer(lineThrough([400, 0], [1_500, 400], DROP))
    // The backend puts this order first; the next fix has not come yet, so the trip is still the former one's.
    const { before: _, ...first } = { ...way.order, stops_before: 0, rev: way.order.rev + 1 }
    for (const audience of AUDIENCES) expect(partOf(way.now, first, audience)).not.toHaveProperty('route_id')
    way.order = first
    way.ride([
      [440, 0],
      [480, 0],
    ])
    way.answer(lineThrough(...STREET))
    expect(partOf(way.now, first)).toHaveProperty('route_id')
  })

  test('ends with the arrival, stage by stage', () => {
    const way = start(orderTo(DROP))
    const stages = [700, 2_800, 2_920, 3_000].map((eastM) => {
      way.stand([eastM, 0], 10)
      return partOf(way.now, way.order).arrival
    })
    expect(stages).toEqual([undefined, 'nearby', 'arriving', 'arrived'])
  })
})
