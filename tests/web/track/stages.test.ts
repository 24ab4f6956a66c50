import { describe, expect, test } from 'bun:test'
import type { OrderPart, OrderStatus } from '../../../src/domain/view.ts'
import { progressOf, stagesOf } from '../../../web/track/stages.ts'

function order(status: OrderStatus, reached: OrderStatus[], more: Partial<OrderPart> = {}): OrderPart {
  const timeline = reached.map((one, i) => ({ status: one, at_ms: (i + 1) * 1_000 }))
  return { rev: 1, status, timeline, assignment: 1, visible: true, stops_before: 0, ...more }
}

const look = (part: OrderPart) => stagesOf(part).map(({ key, state }) => `${key} ${state}`)

describe('stagesOf', () => {
  test('fills as far as the order came', () => {
    expect(look(order('created', ['created']))[0]).toBe('created current')
    expect(look(order('assigned', ['created', 'assigned']))).toEqual([
      'created done',
      'assigned current',
      'picked_up ahead',
      'on_the_way ahead',
      'delivered ahead',
    ])
    expect(look(order('picked_up', ['created', 'assigned', 'picked_up']))[3]).toBe('on_the_way current')
    expect(look(order('picked_up', ['created'], { stops_before: 2 }))[2]).toBe('picked_up current')
  })

  test('a delivered order is all done', () => {
    const stages = stagesOf(order('delivered', ['created', 'assigned', 'picked_up', 'delivered']))
    expect(stages.every(({ state }) => state === 'done')).toBe(true)
    expect(stages.at(-1)?.atMs).toBe(4_000)
    expect(progressOf(stages)).toBe(1)
  })

  test('a cancelled order ends where it was', () => {
    expect(look(order('cancelled', ['created', 'assigned', 'cancelled']))).toEqual([
      'created done',
      'assigned done',
      'cancelled current',
    ])
  })

  test('a hand-over is named and has the newer time', () => {
    const stage = stagesOf(order('assigned', ['created', 'assigned', 'assigned']))[1]
    expect(stage).toMatchObject({ label: 'New rider assigned', atMs: 3_000 })
  })

  test('an order without a history has stages without times', () => {
    const stages = stagesOf(order('picked_up', []))
    expect(stages).toHaveLength(5)
    expect(stages.some(({ atMs }) => atMs !== undefined)).toBe(false)
    expect(progressOf(stages)).toBe(0.75)
  })
})
