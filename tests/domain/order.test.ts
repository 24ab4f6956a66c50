import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  allowedMoves,
  assignOrder,
  createOrder,
  hasEnded,
  isInHand,
  moveOrder,
  nextRev,
  type Order,
  parseOrderFact,
  replan,
  stubOf,
  VISIBLE_STOPS_BEFORE,
  vouchedOrder,
} from '../../src/domain/order'
import type { OrderStatus } from '../../src/domain/view'
import { legal, T0 } from '../support/rider'

const STATUSES: OrderStatus[] = ['created', 'assigned', 'picked_up', 'delivered', 'cancelled']
const created = (id = 'o1') => createOrder(id, {}, T0)
const given = (order: Order, rider: string, nowMs: number) => legal(assignOrder(order, rider, nowMs))

describe('revisions', () => {
  test('follow the clock, and rise when it does not', () => {
    expect(nextRev(0, T0)).toBe(T0)
    expect(nextRev(T0, T0)).toBe(T0 + 1)
    expect(nextRev(T0 + 500, T0)).toBe(T0 + 501)
  })

  test('of an id used again are newer than before', () => {
    expect(createOrder('o1', {}, T0, T0 + 9).rev).toBe(T0 + 10)
  })
})

describe('moves', () => {
  test('created → assigned → picked_up → delivered, each with its time', () => {
    let order = given(created(), 'r1', T0 + 1)
    expect(order).toMatchObject({ status: 'assigned', partner_id: 'r1', assignment: order.rev })
    const { assignment } = order
    order = legal(moveOrder(order, 'picked_up', T0 + 2))
    order = legal(moveOrder(order, 'delivered', T0 + 3))
    expect(order).toMatchObject({ status: 'delivered', assignment, ended_at_ms: T0 + 3 })
    expect(order.timeline.map(({ status }) => status)).toEqual(['created', 'assigned', 'picked_up', 'delivered'])
  })

  test('are legal exactly as the table says', () => {
    const table: Record<OrderStatus, OrderStatus[]> = {
      created: ['cancelled'],
      assigned: ['picked_up', 'cancelled'],
      picked_up: ['delivered', 'cancelled'],
      delivered: [],
      cancelled: [],
    }
    for (const from of STATUSES) {
      const order = { ...created(), status: from }
      expect(allowedMoves(order)).toEqual(table[from])
      for (const to of STATUSES) expect(moveOrder(order, to, T0) === 'illegal').toBe(!table[from].includes(to))
    }
  })

  test('a hand-over raises the assignment, keeps picked_up and is in the timeline', () => {
    const picked = legal(moveOrder(given(created(), 'r1', T0), 'picked_up', T0))
    const next = given(picked, 'r2', T0)
    expect(next).toMatchObject({ status: 'picked_up', partner_id: 'r2' })
    expect(next.assignment).toBe(next.rev)
    expect(next.assignment).toBeGreaterThan(picked.assignment)
    expect(next.timeline.at(-1)).toEqual({ status: 'assigned', at_ms: T0 })
  })

  test('none is legal after the end', () => {
    const ended = legal(moveOrder(created(), 'cancelled', T0))
    expect(assignOrder(ended, 'r1', T0)).toBe('illegal')
    expect(hasEnded(ended)).toBe(true)
    expect(isInHand(ended)).toBe(false)
  })

  test('change nothing of the order they are given', () => {
    const before = created()
    const copy = structuredClone(before)
    moveOrder(given(before, 'r1', T0), 'picked_up', T0)
    expect(before).toEqual(copy)
  })
})

describe('replan', () => {
  const plan = (count: number) => Array.from({ length: count }, (_, i) => given(created(`o${i}`), 'r1', T0 + 100 * i))

  test('numbers the stops in the sequence of assignment and shows the first six', () => {
    const changed = replan(plan(9).reverse(), T0 + 5_000)
    const byId = new Map(changed.map((order) => [order.id, order]))
    for (let i = 0; i < 9; i++) {
      expect(byId.get(`o${i}`)).toMatchObject({ stops_before: i, visible: i <= VISIBLE_STOPS_BEFORE })
    }
  })

  test('gives back only what changed, each with a new revision', () => {
    const planned = replan(plan(3), T0 + 5_000)
    expect(replan(planned, T0 + 6_000)).toEqual([])
    const first = planned.find(({ id }) => id === 'o0')
    if (first === undefined) throw new Error('o0 is missing')
    const done = legal(moveOrder(legal(moveOrder(first, 'picked_up', T0)), 'delivered', T0))
    const changed = replan([done, ...planned.filter(({ id }) => id !== 'o0')], T0 + 7_000)
    expect(changed.map(({ id, stops_before, visible }) => [id, stops_before, visible])).toEqual([
      ['o0', 0, false],
      ['o1', 0, true],
      ['o2', 1, true],
    ])
    for (const order of changed) expect(order.rev).toBe(T0 + 7_000)
  })

  test('an order that nobody has is not visible', () => {
    expect(replan([{ ...created(), visible: true }], T0)[0]).toMatchObject({ visible: false, stops_before: 0 })
  })
})

describe('stubs and vouched orders', () => {
  test('a stub keeps id, status and end, and nothing else', () => {
    const ended = legal(moveOrder({ ...created(), customer_id: 'c1', pickup: { lat: 1, lng: 2 } }, 'cancelled', T0))
    expect(stubOf(ended, T0 + 9)).toEqual({
      id: 'o1',
      rev: T0 + 9,
      status: 'cancelled',
      timeline: [],
      assignment: 0,
      visible: false,
      stops_before: 0,
      gone: true,
      ended_at_ms: T0,
    })
  })

  test('a vouched order is older than any registered one', () => {
    expect(vouchedOrder('o1')).toMatchObject({ rev: 0, status: 'picked_up', assignment: 0, visible: true })
    expect(created().rev).toBeGreaterThan(0)
  })
})

describe('parseOrderFact', () => {
  test('reads what was published', () => {
    const order = given(created(), 'r1', T0)
    expect(parseOrderFact(JSON.stringify(order))).toEqual(order)
  })

  test('any text is an order with an id, a rev and an assignment, or undefined', () => {
    expect(parseOrderFact('null')).toBeUndefined()
    expect(parseOrderFact('{"id":"o1","rev":1,"status":"created","assignment":0}')).toBeUndefined()
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const order = parseOrderFact(text)
        expect(order === undefined || typeof order.id === 'string').toBe(true)
      }),
    )
  })
})

test('for all histories: revisions and assignments only rise, and an end is for ever', () => {
  const step = fc.record({ rider: fc.constantFrom('r1', 'r2'), move: fc.constantFrom('assign', ...STATUSES) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let order = created()
      for (const { rider, move } of steps) {
        const next = move === 'assign' ? assignOrder(order, rider, T0) : moveOrder(order, move, T0)
        if (next === 'illegal') continue
        expect(hasEnded(order)).toBe(false)
        expect(next.rev).toBeGreaterThan(order.rev)
        expect(next.assignment).toBeGreaterThanOrEqual(order.assignment)
        order = next
      }
    }),
  )
})
