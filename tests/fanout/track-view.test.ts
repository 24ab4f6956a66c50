import { beforeEach, describe, expect, test } from 'bun:test'
import type { Claims } from '../../src/domain/audience.ts'
import { assignOrder, createOrder, nextRev, type Order } from '../../src/domain/order.ts'
import { Hub } from '../../src/fanout/hub.ts'
import { readView } from '../../src/fanout/track-view.ts'
import { Metrics } from '../../src/metrics.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { legal } from '../support/rider.ts'

const drop = { lat: 1, lng: 2, name: 'at home' }
const CREATED = createOrder('o1', { customer_id: 'c1', drop }, 1_000)
const ORDER = { ...legal(assignOrder(CREATED, 'r1', 2_000)), visible: true }
const LATER = { rev: nextRev(ORDER.rev, 3_000) }
const exp = Number.MAX_SAFE_INTEGER

let orders: OrderTable
let hub: Hub
beforeEach(() => {
  orders = new OrderTable()
  apply(ORDER)
  const source = { watch() {}, unwatch() {} }
  hub = new Hub({ orders, access: new AccessTable(), source, metrics: new Metrics(), now: Date.now })
})

function apply(order: Order | null): void {
  orders.apply('o1', order === null ? null : JSON.stringify(order))
}

/** Reads the view while its owner does not answer; `meanwhile` happens before it does. */
async function read(claims: Claims, audience: 'customer' | 'rider', meanwhile: () => void) {
  const reading = readView({ hub, orders, access: new AccessTable(), now: Date.now }, claims, 'o1', audience)
  meanwhile()
  hub.receive({
    type: 'position',
    order: 'o1',
    audience,
    epoch: 0,
    at: 1,
    rev: LATER.rev,
    assignment: orders.get('o1')?.assignment ?? ORDER.assignment,
    receivedMs: 1,
    json: JSON.stringify({ at: 1, rev: LATER.rev, assignment: orders.get('o1')?.assignment ?? ORDER.assignment }),
  })
  return reading
}

describe('a view that is being read', () => {
  const customer: Claims = { sub: 'c1', role: 'CUSTOMER', exp }

  test('has the position that comes meanwhile', async () => {
    expect(await read(customer, 'customer', () => {})).toMatchObject({ order: { drop }, position: { at: 1 } })
  })

  test('is no former rider’s any more when the order is handed over meanwhile', async () => {
    const handOver = () => apply({ ...ORDER, ...LATER, partner_id: 'r2', assignment: LATER.rev })
    const reading = read({ sub: 'r1', role: 'DELIVERY_PARTNER', exp }, 'rider', handOver)
    await expect(reading).rejects.toMatchObject({ code: 'order_not_found' })
  })

  test('is nobody’s when the order is forgotten meanwhile; a token that names it sees nothing of what it was', async () => {
    await expect(read(customer, 'customer', () => apply(null))).rejects.toMatchObject({ code: 'order_not_found' })
    apply({ ...ORDER, rev: LATER.rev + 1 })
    const view = await read({ ...customer, orders: ['o1'] }, 'customer', () => apply(null))
    expect(view.order).not.toHaveProperty('drop')
    expect(view).not.toHaveProperty('position')
  })
})
