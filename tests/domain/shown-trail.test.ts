import { describe, expect, test } from 'bun:test'
import { assignOrder, createOrder, moveOrder, type Order, VOUCHED_LIFE_MS } from '../../src/domain/order'
import { shownTrail } from '../../src/domain/shown-trail'
import { legal, T0 } from '../support/rider'

/** A point a minute, the first at `T0`. */
const POINTS = Array.from({ length: 10 }, (_, i) => ({ at: i, lat: 1, lng: 1 + i / 1e3, timeMs: T0 + i * 60_000 }))
const minutes = (n: number) => T0 + n * 60_000
const CREATED = createOrder('o1', {}, minutes(1))
const ASSIGNED = legal(assignOrder(CREATED, 'r1', minutes(3)))
const HANDED_OVER = legal(assignOrder(ASSIGNED, 'r2', minutes(6)))

const shown = (order: Order | undefined, audience: 'customer' | 'rider' | 'ops', nowMs = minutes(10)) =>
  shownTrail(POINTS, order, audience, nowMs).map(({ at }) => at)

describe('the trail that somebody is shown', () => {
  test('begins with the first assignment: what a token vouched for, or an id’s former life, is not of this order', () => {
    for (const audience of ['customer', 'rider', 'ops'] as const) {
      expect(shown(CREATED, audience)).toEqual([])
      expect(shown(ASSIGNED, audience)).toEqual([3, 4, 5, 6, 7, 8, 9])
    }
  })

  test('is a rider’s own after a hand-over, and the whole way for the others', () => {
    expect(shown(HANDED_OVER, 'rider')).toEqual([6, 7, 8, 9])
    expect(shown(HANDED_OVER, 'customer')).toEqual([3, 4, 5, 6, 7, 8, 9])
    expect(shown(HANDED_OVER, 'ops')).toEqual([3, 4, 5, 6, 7, 8, 9])
  })

  test('is not a customer’s before the rider comes to them next, nor after the end', () => {
    const ended = legal(moveOrder(ASSIGNED, 'cancelled', minutes(8)))
    expect(shown({ ...ASSIGNED, stops_before: 1 }, 'customer')).toEqual([])
    expect(shown(ended, 'customer')).toEqual([])
    expect(shown(ended, 'ops')).toHaveLength(7)
  })

  test('of a vouched order is gone two hours after its last fix', () => {
    expect(shown(undefined, 'customer', minutes(9) + VOUCHED_LIFE_MS)).toHaveLength(10)
    expect(shown(undefined, 'customer', minutes(9) + VOUCHED_LIFE_MS + 1)).toEqual([])
  })
})
