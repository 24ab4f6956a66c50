import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Point } from '../../src/domain/geo'
import {
  assignOrder,
  createOrder,
  editOrder,
  inSequence,
  isInHand,
  MAX_BEFORE,
  moveOrder,
  type Order,
  type OrderInput,
  placesLeft,
  replan,
  resequence,
  type Stop,
  stubOf,
  VISIBLE_STOPS_BEFORE,
} from '../../src/domain/order'
import { legal, T0 } from '../support/rider'

const RIDERS = ['r1', 'r2', 'r3']
const COUNT = 9

/** No two places are the same, and each has a name that must not get out. */
const placeOf = (n: number, part: number) => ({ lat: n + 1, lng: part, name: `secret ${n} ${part}` })

/** Orders with everything, with a drop only, and without any place. */
function inputOf(n: number): OrderInput {
  if (n % 4 === 3) return {}
  if (n % 4 === 2) return { drop: placeOf(n, 9) }
  const stops: Stop[] = [
    { ...placeOf(n, 2), kind: 'pickup' },
    { ...placeOf(n, 3), kind: 'drop' },
  ]
  return { pickup: placeOf(n, 1), stops, drop: placeOf(n, 9) }
}

/** One rider's orders o0, o1, … with their plan. */
function plan(count: number, input = inputOf): Order[] {
  const assigned = Array.from({ length: count }, (_, n) => {
    return legal(assignOrder(createOrder(`o${n}`, input(n), T0), 'r1', T0 + n))
  })
  return merged(assigned, replan(assigned, T0 + 100))
}

function merged(orders: readonly Order[], changed: readonly Order[]): Order[] {
  return orders.map((order) => changed.find(({ id }) => id === order.id) ?? order)
}

const ids = (orders: readonly Order[]) => orders.map(({ id }) => id)

describe('the places left', () => {
  const order = createOrder('o1', inputOf(0), T0)

  test('are pickup, stops and drop; once picked up, what is to be dropped; without names', () => {
    const [pickup, fetched, dropped, drop] = [1, 2, 3, 9].map((lng) => ({ lat: 1, lng }))
    expect(placesLeft(order)).toEqual([pickup, fetched, dropped, drop] as Point[])
    expect(placesLeft({ ...order, status: 'picked_up' })).toEqual([dropped, drop] as Point[])
    expect(placesLeft(createOrder('o2', {}, T0))).toEqual([])
  })
})

describe('resequence', () => {
  test('puts the named ones first and leaves the others as they were', () => {
    const orders = plan(5)
    const once = merged(orders, resequence(orders, ['o3', 'o1'], T0 + 200))
    expect(ids(inSequence(once))).toEqual(['o3', 'o1', 'o0', 'o2', 'o4'])
    const twice = merged(once, resequence(once, ['o4'], T0 + 300))
    expect(ids(inSequence(twice))).toEqual(['o4', 'o3', 'o1', 'o0', 'o2'])
  })

  test('into the sequence that is there changes nothing', () => {
    const orders = plan(4)
    expect(resequence(orders, ['o0', 'o1'], T0 + 200)).toEqual([])
    const once = merged(orders, resequence(orders, ['o2'], T0 + 200))
    expect(resequence(once, ['o2', 'o0', 'o1', 'o3'], T0 + 300)).toEqual([])
  })

  test('does not touch those whose plan stays', () => {
    // Two go to one house: whichever is first, the third has the same stops ahead.
    const orders = plan(3, (n) => (n === 2 ? {} : { drop: { lat: 1, lng: 1 } }))
    expect(ids(resequence(orders, ['o1', 'o0'], T0 + 200))).toEqual(['o0', 'o1'])
  })

  test('is forgotten by an order that is handed over, and by one that is over', () => {
    const orders = plan(3)
    const [o0, o1] = merged(orders, resequence(orders, ['o1', 'o0'], T0 + 200)) as [Order, Order, Order]
    expect([o0.sequence, o1.sequence]).toEqual([2, 1])
    expect(legal(assignOrder(o0, 'r1', T0 + 300))).not.toHaveProperty('sequence')
    expect(legal(moveOrder(o1, 'cancelled', T0 + 300))).not.toHaveProperty('sequence')
  })
})

test('the stops ahead are told up to a limit, the first of them', () => {
  const last = plan(MAX_BEFORE + 3, (n) => ({ drop: placeOf(n, 9) })).at(-1) as Order
  expect(last.stops_before).toBe(MAX_BEFORE + 2)
  expect(last.before).toEqual(Array.from({ length: MAX_BEFORE }, (_, n) => ({ lat: n + 1, lng: 9 })))
})

test('a stub tells of no stops ahead', () => {
  const [, second] = plan(2) as [Order, Order]
  expect(second.before).toHaveLength(4)
  expect(stubOf(second, T0)).not.toHaveProperty('before')
})

type Step =
  | { kind: 'assign'; order: number; rider: number }
  | { kind: 'move'; order: number; status: 'picked_up' | 'delivered' | 'cancelled' }
  | { kind: 'edit'; order: number }
  | { kind: 'plan'; rider: number; orders: number[] }

type OrderStep = Exclude<Step, { kind: 'plan' }>

const order = fc.nat(COUNT - 1)
const rider = fc.nat(RIDERS.length - 1)
const status = fc.constantFrom('picked_up' as const, 'delivered' as const, 'cancelled' as const)
const step: fc.Arbitrary<Step & { clockMs: number }> = fc
  .oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('assign' as const), order, rider }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('move' as const), order, status }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('edit' as const), order }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('plan' as const),
        rider,
        orders: fc.uniqueArray(order, { minLength: 1, maxLength: 5 }),
      }),
    },
  )
  .chain((one) => fc.integer({ min: -2, max: 2 }).map((clockMs) => ({ ...one, clockMs })))

/** Every order, and beside it the model: who serves what in which sequence, as lists of ids. */
class World {
  orders = Array.from({ length: COUNT }, (_, n) => createOrder(`o${n}`, inputOf(n), T0))
  readonly lists = new Map<string, string[]>(RIDERS.map((id) => [id, []]))
  nowMs = T0

  apply(step: Step): void {
    if (step.kind === 'plan') this.#plan(RIDERS[step.rider] as string, step.orders)
    else this.#changeOne(step)
  }

  #changeOne(step: OrderStep): void {
    const old = this.orders[step.order] as Order
    const partnerId = step.kind === 'assign' ? (RIDERS[step.rider] as string) : old.partner_id
    const changed = this.#change(old, step, partnerId ?? '')
    if (changed === 'illegal') return
    this.orders = merged(this.orders, [changed])
    for (const id of new Set([old.partner_id, partnerId])) {
      if (id === undefined) continue
      const mine = this.orders.filter((one) => one.partner_id === id)
      this.orders = merged(this.orders, replan(mine, this.nowMs))
    }
    if (step.kind === 'assign') {
      this.#takeOff(old.id)
      this.lists.get(partnerId as string)?.push(old.id)
    } else if (!isInHand(changed)) this.#takeOff(old.id)
  }

  #change(old: Order, step: OrderStep, partnerId: string): Order | 'illegal' {
    if (step.kind === 'move') return moveOrder(old, step.status, this.nowMs)
    // Always another place than any before: an edit that says the same again would raise the rev and change nothing.
    if (step.kind === 'edit') return editOrder(old, { drop: placeOf(step.order, 10 + (old.rev - T0)) }, this.nowMs)
    const others = this.orders.filter((one) => one !== old && one.partner_id === partnerId && isInHand(one))
    return assignOrder(old, partnerId, this.nowMs, Math.max(0, ...others.map(({ assignment }) => assignment)))
  }

  #plan(partnerId: string, orders: readonly number[]): void {
    const list = this.lists.get(partnerId) ?? []
    const named = orders.map((n) => `o${n}`).filter((id) => list.includes(id))
    const mine = this.orders.filter((one) => one.partner_id === partnerId && isInHand(one))
    this.orders = merged(this.orders, resequence(mine, named, this.nowMs))
    this.lists.set(partnerId, [...named, ...list.filter((id) => !named.includes(id))])
  }

  #takeOff(id: string): void {
    for (const list of this.lists.values()) if (list.includes(id)) list.splice(list.indexOf(id), 1)
  }

  /** What an order's plan must be, worked out from the lists alone. */
  expected(order: Order): Pick<Order, 'visible' | 'stops_before'> & { before: Point[] } {
    const list = [...this.lists.values()].find((ids) => ids.includes(order.id))
    if (list === undefined) return { visible: false, stops_before: 0, before: [] }
    const place = list.indexOf(order.id)
    const before: Point[] = []
    for (const id of list.slice(0, place)) {
      const { status, pickup, stops, drop } = this.orders.find((one) => one.id === id) as Order
      if (status === 'assigned' && pickup) before.push(pickup)
      for (const stop of stops ?? []) if (status === 'assigned' || stop.kind === 'drop') before.push(stop)
      if (drop) before.push(drop)
    }
    const points = before.map(({ lat, lng }) => ({ lat, lng })).slice(0, 20)
    return { visible: place <= VISIBLE_STOPS_BEFORE, stops_before: place, before: points }
  }
}

test('for all histories of several riders: every plan is what their lists say, and only what changed has a new rev', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World()
      for (const { clockMs, ...step } of steps) {
        world.nowMs += clockMs
        const before = world.orders
        world.apply(step)
        for (const [n, order] of world.orders.entries()) {
          const { visible, stops_before, before: ahead = [] } = order
          expect({ visible, stops_before, before: ahead }).toEqual(world.expected(order))
          expect(JSON.stringify(ahead)).not.toContain('secret')
          expect(order.before).not.toEqual([])
          const old = before[n] as Order
          const { rev: _, ...said } = order
          const { rev: __, ...saidBefore } = old
          if (Bun.deepEquals(said, saidBefore)) expect(order.rev).toBe(old.rev)
          else expect(order.rev).toBeGreaterThan(old.rev)
        }
      }
    }),
    { numRuns: 300 },
  )
})
