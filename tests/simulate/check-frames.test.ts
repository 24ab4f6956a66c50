import { describe, expect, test } from 'bun:test'
import { FrameChecker } from '../../cli/simulate/check-frames'
import type { OrderPart, PositionPart, ViewFrame } from '../../src/domain/view'

const order = (rev: number): OrderPart => ({
  rev,
  status: 'assigned',
  timeline: [],
  assignment: 7,
  visible: true,
  stops_before: 0,
})
const position = (at: number, id: string | undefined, rev = 7): PositionPart => ({
  at,
  rev,
  assignment: 7,
  ...(id !== undefined && { id }),
  lat: 47.14,
  lng: 9.52,
  timestamp: 1_760_000_000,
  fix_time_ms: 1_760_000_000_000,
  received_ms: 1_760_000_000_100,
  motion: 'moving',
  since_ms: 1_760_000_000_000,
  stale_after_ms: 30_000,
})
const frame = (more: Partial<ViewFrame>): ViewFrame => ({ type: 'view', order_id: 'o1', epoch: 3, now_ms: 0, ...more })
/** Fixes of this order's rider are called r1-k; fix 3 came out of an outage. */
const findFix = (id: string) => {
  const k = /^r1-(\d+)$/.exec(id)?.[1]
  return k === undefined ? undefined : k === '3' ? { k: 3 } : { k: Number(k), intendedMs: Number(k) * 100 }
}
const checker = () => {
  const made = new FrameChecker('o1', findFix)
  made.startSocket()
  return made
}

describe('FrameChecker', () => {
  test('a fix counts once, with the time it was meant to be sent', () => {
    const viewer = checker()
    viewer.check(frame({ order: order(7) }))
    expect(viewer.check(frame({ position: position(1, 'r1-0') })).fix).toEqual({ k: 0, intendedMs: 0 })
    expect(viewer.check(frame({ position: position(2, 'r1-3') })).fix).toEqual({ k: 3 })
    expect(viewer.check(frame({ position: position(2, 'r1-3') })).fix).toBeUndefined()
    expect(viewer.seen).toBe(2)
    expect(viewer.shownId).toBe('r1-3')
  })

  test('a planted older part is a violation, an equal one is not', () => {
    const viewer = checker()
    viewer.check(frame({ order: order(7), position: position(5, 'r1-1') }))
    expect(viewer.check(frame({ order: order(7), position: position(5, 'r1-1') })).violations).toBe(0)
    expect(viewer.check(frame({ order: order(6) })).violations).toBe(1)
    expect(viewer.check(frame({ position: position(4, 'r1-0') })).violations).toBe(1)
    expect(viewer.check(frame({ position: position(5, 'r1-1', 6) })).violations).toBe(1)
    expect(viewer.check(frame({ order: order(6), position: position(4, 'r1-0') })).violations).toBe(2)
    expect(viewer.check(frame({ epoch: 2, order: order(9) })).violations).toBe(1)
  })

  test('what is shown never goes back, whatever the frames do', () => {
    const viewer = checker()
    viewer.check(frame({ order: order(7), position: position(5, 'r1-5') }))
    viewer.check(frame({ position: position(4, 'r1-4') }))
    expect(viewer.shownId).toBe('r1-5')
  })

  test('a new socket and a new epoch start afresh', () => {
    const viewer = checker()
    viewer.check(frame({ order: order(7), position: position(5, 'r1-1') }))
    viewer.startSocket()
    expect(viewer.check(frame({ order: order(7), position: position(4, 'r1-0') })).violations).toBe(0)
    expect(viewer.check(frame({ epoch: 4, order: order(1), position: position(0, 'r1-2') })).violations).toBe(0)
  })

  test('another order’s frame, another rider’s fix and a fix without an id are foreign', () => {
    const viewer = checker()
    viewer.check(frame({ order: order(7) }))
    expect(viewer.check(frame({ order_id: 'o2', position: position(1, 'r1-0') })).foreign).toBe(true)
    expect(viewer.check(frame({ position: position(2, 'r2-0') })).foreign).toBe(true)
    expect(viewer.check(frame({ position: position(3, undefined) })).foreign).toBe(true)
    expect(viewer.check(frame({ position: position(4, 'r1-0') })).foreign).toBe(false)
  })

  test('a hidden order shows no fix', () => {
    const viewer = checker()
    viewer.check(frame({ order: order(7), position: position(5, 'r1-5') }))
    viewer.check(frame({ order: { ...order(8), assignment: 8 } }))
    expect(viewer.shownId).toBeUndefined()
  })
})
