import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { assignOrder } from '../../src/auth/assign-order.ts'
import { createOrder } from '../../src/auth/create-order.ts'
import { forgetOrder } from '../../src/auth/forget-order.ts'
import { moveOrder } from '../../src/auth/move-order.ts'
import type { Claims } from '../../src/domain/audience.ts'
import { allowedMoves, hasEnded, isInHand, type Order, VISIBLE_STOPS_BEFORE } from '../../src/domain/order.ts'
import type { OrderStatus } from '../../src/domain/view.ts'
import type { Database } from '../../src/store/database.ts'
import { listOrders } from '../../src/store/orders.ts'
import { DATABASES } from '../support/databases.ts'

const BACKEND: Claims = { sub: 'backend', role: 'INTERNAL_SERVICE', exp: 0 }
const RIDERS = ['r1', 'r2', 'r3']

type Step =
  | { kind: 'assign'; order: number; rider: number; clockMs: number }
  | { kind: 'move'; order: number; status: OrderStatus; clockMs: number }
  | { kind: 'forget'; order: number; clockMs: number }

const order = fc.nat(11)
/** The clock may stand still or be set back. */
const clockMs = fc.integer({ min: -3, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('assign' as const), order, rider: fc.nat(2), clockMs }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      order,
      status: fc.constantFrom('picked_up' as const, 'delivered' as const, 'cancelled' as const),
      clockMs,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), order, clockMs }) },
)

for (const { name, open } of DATABASES) {
  let store: Database
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ database: store, close } = await open())
  })
  afterAll(() => close())

  test(`on ${name}, after any changes each rider's orders are in the sequence of their assigning, and revs only rise`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        await store.write((tx) => tx`DELETE FROM orders`)
        let nowMs = 1_760_000_000_000
        const deps = { store, now: () => nowMs }
        for (let n = 0; n < 12; n++) await createOrder(deps, BACKEND, { id: `o${n}` }, undefined)
        let before = await allOrders(store)
        /** Per rider, the ids in the sequence they were assigned: the model. */
        const sequence: string[] = []
        for (const step of steps) {
          nowMs += step.clockMs
          const id = `o${step.order}`
          const done = await apply(deps, step, id)
          if (done && step.kind === 'assign') sequence.splice(sequence.indexOf(id) >>> 0, 1)
          if (done && step.kind === 'assign') sequence.push(id)
          const after = await allOrders(store)
          checkPlans(after, sequence)
          checkRevs(before, after)
          before = after
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test(`on ${name}, assignments at once to one rider get one place each`, async () => {
    await store.write((tx) => tx`DELETE FROM orders`)
    const deps = { store, now: () => 1_760_000_000_000 }
    const ids = Array.from({ length: 9 }, (_, n) => `c${n}`)
    for (const id of ids) await createOrder(deps, BACKEND, { id }, undefined)
    await Promise.all(ids.map((id) => assignOrder(deps, BACKEND, id, 'r1', undefined)))
    const places = (await allOrders(store)).map(({ stops_before }) => stops_before)
    expect(places.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })
}

async function apply(deps: { store: Database; now: () => number }, step: Step, id: string): Promise<boolean> {
  const before = (await allOrders(deps.store)).find((order) => order.id === id)
  const work =
    step.kind === 'assign'
      ? assignOrder(deps, BACKEND, id, RIDERS[step.rider] ?? '', undefined)
      : step.kind === 'move'
        ? moveOrder(deps, BACKEND, id, step.status, undefined)
        : forgetOrder(deps, BACKEND, id)
  const code = await work.then(
    () => 'done',
    (error) => error.code,
  )
  const legal =
    before !== undefined &&
    (step.kind === 'assign' ? !hasEnded(before) : step.kind === 'forget' || allowedMoves(before).includes(step.status))
  expect(code).toBe(legal ? 'done' : before === undefined ? 'order_not_found' : 'illegal_transition')
  return legal
}

async function allOrders(store: Database): Promise<Order[]> {
  return (await store.read((tx) => listOrders(tx, {}, 500))).map(({ order }) => order)
}

function checkPlans(orders: readonly Order[], sequence: readonly string[]): void {
  for (const rider of RIDERS) {
    const inHand = sequence.flatMap(
      (id) => orders.find((o) => o.id === id && o.partner_id === rider && isInHand(o)) ?? [],
    )
    inHand.forEach((order, place) => {
      expect(order).toMatchObject({ stops_before: place, visible: place <= VISIBLE_STOPS_BEFORE })
    })
  }
  for (const order of orders) if (!isInHand(order)) expect(order).toMatchObject({ stops_before: 0, visible: false })
}

function checkRevs(before: readonly Order[], after: readonly Order[]): void {
  for (const order of after) {
    const old = before.find(({ id }) => id === order.id)
    if (old === undefined) continue
    if (order.rev === old.rev) expect(order).toEqual(old)
    else expect(order.rev).toBeGreaterThan(old.rev)
  }
}
