import { describe, expect, test } from 'bun:test'
import { planOf } from '../../src/domain/plan'
import { orderTo } from '../support/way'
import { place } from './generated-ride'

const drop = place([2_000, 0])
const pickup = place([500, 0])
const other = place([900, 300])
const withPickup = (more: Parameters<typeof orderTo>[2] = {}) => orderTo([2_000, 0], { pickup }, more)

describe('the plan of an order', () => {
  test('is nothing without a drop', () => {
    const { drop: _, ...without } = orderTo([2_000, 0])
    expect(planOf(without)).toBeUndefined()
  })

  test('leads by the pickup until it is picked up', () => {
    expect(planOf(withPickup({ status: 'assigned' }))).toMatchObject({ via: [pickup], to: drop })
    expect(planOf(withPickup())).toMatchObject({ via: [], to: drop })
  })

  test('leads by the stops of other orders first, then by its own', () => {
    const stops = [
      { ...place([600, 0]), kind: 'pickup' as const },
      { ...place([1_500, 0]), kind: 'drop' as const },
    ]
    const order = orderTo([2_000, 0], { pickup, stops })
    const assigned = { ...order, status: 'assigned' as const, before: [other] }
    expect(planOf(assigned)?.via).toEqual([other, pickup, place([600, 0]), place([1_500, 0])])
    expect(planOf({ ...order, before: [other] })?.via).toEqual([other, place([1_500, 0])])
  })

  test('is another when the way is, and the same when only a name or a promise changed', () => {
    const order = withPickup({ status: 'assigned' })
    const same = [
      { ...order, rev: order.rev + 1 },
      { ...order, promised_ms: 5, drop: { ...drop, name: 'Ada' } },
    ]
    const others = [withPickup(), { ...order, before: [other] }, { ...order, drop: other }, { ...order, pickup: other }]
    for (const one of same) expect(planOf(one)?.key).toBe(planOf(order)?.key as string)
    const keys = [order, ...others].map((one) => planOf(one)?.key)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('is another once picked up, also where no pickup was said', () => {
    const order = orderTo([2_000, 0])
    expect(planOf({ ...order, status: 'assigned' })?.key).not.toBe(planOf(order)?.key as string)
  })

  test('says nothing but places: no name of a customer', () => {
    const order = { ...orderTo([2_000, 0]), drop: { ...drop, name: 'Ada' } }
    expect(JSON.stringify(planOf(order))).not.toContain('Ada')
  })
})
