import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Order, stubOf } from '../../src/domain/order'
import { OrderTable } from '../../src/tables/orders'
import { orderInHand, T0 } from '../support/rider'

const order = (more: Partial<Order> = {}): Order => ({ ...orderInHand(), ...more })
const fact = (more: Partial<Order> = {}) => JSON.stringify(order(more))

describe('OrderTable', () => {
  test('keeps the greater revision, whatever comes twice or late', () => {
    const table = new OrderTable()
    table.apply('o1', fact({ rev: 5 }))
    table.apply('o1', fact({ rev: 4, visible: false }))
    table.apply('o1', fact({ rev: 5, visible: false }))
    expect(table.get('o1')).toEqual(order({ rev: 5 }))
    table.apply('o1', fact({ rev: 6, visible: false }))
    expect(table.get('o1')?.visible).toBe(false)
  })

  test('removes by null, and takes the id again', () => {
    const table = new OrderTable()
    table.apply('o1', null)
    table.apply('o1', fact())
    table.apply('o1', null)
    expect([table.get('o1'), table.size, table.visibleOf('r1')]).toEqual([undefined, 0, []])
    table.apply('o1', fact())
    expect(table.size).toBe(1)
  })

  test('counts poison and keeps what it had', () => {
    const table = new OrderTable()
    table.apply('o1', fact())
    for (const value of ['{', '{}', 'null', fact({ id: 'o2', rev: T0 * 2 })]) table.apply('o1', value)
    expect(table.poisoned).toBe(4)
    expect(table.get('o1')).toEqual(order())
  })

  test('finds a rider’s visible orders, through hand-overs and stubs', () => {
    const table = new OrderTable()
    const visibleOf = (rider: string) => table.visibleOf(rider).map(({ id }) => id)
    table.apply('o1', fact())
    table.apply('o2', fact({ id: 'o2', visible: false }))
    table.apply('o3', fact({ id: 'o3' }))
    expect(visibleOf('r1')).toEqual(['o1', 'o3'])
    table.apply('o3', fact({ id: 'o3', rev: T0 + 1_000, partner_id: 'r2' }))
    expect([visibleOf('r1'), visibleOf('r2')]).toEqual([['o1'], ['o3']])
    table.apply('o1', JSON.stringify(stubOf(order(), T0 + 2_000)))
    expect([visibleOf('r1'), visibleOf('r9')]).toEqual([[], []])
  })

  test('tells listeners of each change with before and after, and of nothing else', () => {
    const table = new OrderTable()
    const told: [string, number | undefined, number | undefined][] = []
    const stop = table.onChange((id, after, before) => told.push([id, after?.rev, before?.rev]))
    table.apply('o1', fact({ rev: 1 }))
    table.apply('o1', fact({ rev: 1 }))
    table.apply('o1', fact({ rev: 2 }))
    table.apply('o1', null)
    table.apply('o1', null)
    stop()
    table.apply('o1', fact({ rev: 3 }))
    expect(told).toEqual([
      ['o1', 1, undefined],
      ['o1', 2, 1],
      ['o1', undefined, 2],
    ])
  })

  test('wakes those who wait for an order, and those who waited long enough', async () => {
    const table = new OrderTable()
    let woken = 0
    const waits = [table.changed('o1', 60_000), table.changed('o1', 60_000), table.changed('o2', 1)]
    for (const wait of waits) void wait.then(() => (woken += 1))
    table.apply('o1', fact())
    await Promise.all(waits)
    expect(woken).toBe(3)
    table.apply('o1', fact({ rev: T0 * 2 }))
    table.apply('o2', fact({ id: 'o2' }))
  })

  test('for all histories with facts doubled and out of order: the newest is kept, and the index agrees', () => {
    const history = fc.array(
      fc.record({
        id: fc.constantFrom('o1', 'o2'),
        rev: fc.integer({ min: 1, max: 9 }),
        partner: fc.constantFrom('r1', 'r2', undefined),
      }),
    )
    fc.assert(
      fc.property(history, (facts) => {
        const table = new OrderTable()
        const newest = new Map<string, { rev: number; partner: string | undefined }>()
        for (const { id, rev, partner } of facts) {
          const { partner_id: _, ...rest } = order({ id, rev })
          table.apply(id, JSON.stringify(partner === undefined ? rest : { ...rest, partner_id: partner }))
          if (rev > (newest.get(id)?.rev ?? 0)) newest.set(id, { rev, partner })
        }
        for (const [id, { rev, partner }] of newest) {
          expect(table.get(id)?.rev).toBe(rev)
          for (const rider of ['r1', 'r2']) {
            expect(table.visibleOf(rider).some((one) => one.id === id)).toBe(rider === partner)
          }
        }
      }),
    )
  })
})
