import { describe, expect, test } from 'bun:test'
import {
  AUDIENCES,
  audienceOf,
  type Claims,
  mayShowPosition,
  projectOrder,
  type Role,
  redactPosition,
} from '../../src/domain/audience'
import { moveOrder, type Order, stubOf } from '../../src/domain/order'
import { legal, orderInHand, T0 } from '../support/rider'

const order: Order = { ...orderInHand(), customer_id: 'c1', pickup: { lat: 1, lng: 2 }, drop: { lat: 3, lng: 4 } }
const claims = (role: Role, sub: string, orders?: string[]): Claims => ({
  role,
  sub,
  exp: 2e9,
  ...(orders && { orders }),
})

describe('audienceOf', () => {
  test('operators and services see every registered order', () => {
    for (const role of ['ADMIN', 'INTERNAL_SERVICE'] as const) {
      expect(audienceOf(claims(role, 'x'), 'o1', order)).toBe('ops')
      expect(audienceOf(claims(role, 'x'), 'o9', undefined)).toBeUndefined()
    }
  })

  test('customers and riders see their own and no other', () => {
    expect(audienceOf(claims('CUSTOMER', 'c1'), 'o1', order)).toBe('customer')
    expect(audienceOf(claims('CUSTOMER', 'c2'), 'o1', order)).toBeUndefined()
    expect(audienceOf(claims('DELIVERY_PARTNER', 'r1'), 'o1', order)).toBe('rider')
    expect(audienceOf(claims('DELIVERY_PARTNER', 'r2'), 'o1', order)).toBeUndefined()
  })

  test('an order without a customer is nobody’s', () => {
    const { customer_id: _, ...unowned } = order
    expect(audienceOf(claims('CUSTOMER', 'c1'), 'o1', unowned)).toBeUndefined()
  })

  test('a token with orders is good for those and nothing else, whatever its role', () => {
    expect(audienceOf(claims('CUSTOMER', 'anyone', ['o1']), 'o1', order)).toBe('customer')
    expect(audienceOf(claims('CUSTOMER', 'c1', ['o2']), 'o1', order)).toBeUndefined()
    expect(audienceOf(claims('ADMIN', 'x', ['o2']), 'o1', order)).toBeUndefined()
    expect(audienceOf(claims('CUSTOMER', 'c1', []), 'o1', order)).toBeUndefined()
    expect(audienceOf(claims('DELIVERY_PARTNER', 'r2', ['o1']), 'o1', order)).toBeUndefined()
  })

  test('only a token that names it may look at an order nobody registered', () => {
    expect(audienceOf(claims('CUSTOMER', 'c1', ['o9']), 'o9', undefined)).toBe('customer')
    expect(audienceOf(claims('DELIVERY_PARTNER', 'r1', ['o9']), 'o9', undefined)).toBe('rider')
    expect(audienceOf(claims('CUSTOMER', 'c1'), 'o9', undefined)).toBeUndefined()
  })

  test('nobody opens a stub', () => {
    const stub = stubOf(legal(moveOrder(order, 'delivered', T0)), T0)
    for (const role of ['ADMIN', 'INTERNAL_SERVICE', 'CUSTOMER', 'DELIVERY_PARTNER'] as const) {
      expect(audienceOf(claims(role, 'c1', ['o1']), 'o1', stub)).toBeUndefined()
    }
  })
})

describe('what an audience gets', () => {
  const full = {
    ...order,
    stops: [{ lat: 5, lng: 6, kind: 'drop' as const }],
    promised_ms: T0,
    vehicle: 'van' as const,
  }

  test('customers get no ids, no other stops, no route', () => {
    const part = projectOrder({ ...full, route: { polyline: 'x', precision: 5 } }, 'customer')
    expect(Object.keys(part).sort()).toEqual(
      [
        'rev',
        'status',
        'timeline',
        'assignment',
        'visible',
        'stops_before',
        'pickup',
        'drop',
        'vehicle',
        'promised_ms',
      ].sort(),
    )
  })

  test('riders get their stops, operators the ids too', () => {
    expect(projectOrder(full, 'rider')).toHaveProperty('stops')
    expect(projectOrder(full, 'rider')).not.toHaveProperty('customer_id')
    expect(projectOrder(full, 'ops')).toMatchObject({ partner_id: 'r1', customer_id: 'c1' })
  })

  test('absent fields stay absent, and every audience gets all of a position', () => {
    expect('drop' in projectOrder(orderInHand(), 'ops')).toBe(false)
    const position = { at: 1, rev: 1, assignment: 1, lat: 1, lng: 2, timestamp: 1, fix_time_ms: 1, received_ms: 1 }
    const part = { ...position, motion: 'moving' as const, since_ms: 1, stale_after_ms: 1 }
    for (const audience of AUDIENCES) expect(redactPosition(part, audience)).toEqual(part)
  })
})

test('a position may be shown only while the order is visible and in hand', () => {
  expect(mayShowPosition(order)).toBe(true)
  expect(mayShowPosition({ ...order, visible: false })).toBe(false)
  expect(mayShowPosition({ ...order, status: 'delivered' })).toBe(false)
  expect(mayShowPosition({ ...order, status: 'cancelled' })).toBe(false)
  expect(mayShowPosition({ ...order, gone: true })).toBe(false)
})
