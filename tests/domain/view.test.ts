import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  isEnded,
  isNewerOrder,
  isNewerPosition,
  mergeView,
  type OrderPart,
  type PositionPart,
  type RoutePart,
  routeOf,
  shownPosition,
  type View,
  type ViewFrame,
} from '../../src/domain/view.ts'

function orderPart(rev: number, more: Partial<OrderPart> = {}): OrderPart {
  return { rev, status: 'picked_up', timeline: [], assignment: 7, visible: true, stops_before: 0, ...more }
}

function positionPart(at: number, rev: number, more: Partial<PositionPart> = {}): PositionPart {
  return {
    at,
    rev,
    assignment: 7,
    lat: 47.14,
    lng: 9.52,
    timestamp: 1_760_000_000,
    fix_time_ms: 1_760_000_000_000,
    received_ms: 1_760_000_000_100,
    motion: 'moving',
    since_ms: 1_760_000_000_000,
    stale_after_ms: 30_000,
    ...more,
  }
}

const routePart = (id: string): RoutePart => ({ id, polyline: `line-${id}`, precision: 5 })

function frame(more: Partial<ViewFrame> = {}): ViewFrame {
  return { type: 'view', order_id: 'o1', epoch: 1, now_ms: 0, ...more }
}

describe('versions', () => {
  test('a position is newer by offset, then by the revision it was projected under', () => {
    expect(isNewerPosition({ at: 2, rev: 1 }, { at: 1, rev: 9 })).toBe(true)
    expect(isNewerPosition({ at: 1, rev: 9 }, { at: 2, rev: 1 })).toBe(false)
    expect(isNewerPosition({ at: 2, rev: 2 }, { at: 2, rev: 1 })).toBe(true)
    expect(isNewerPosition({ at: 2, rev: 2 }, { at: 2, rev: 2 })).toBe(false)
    expect(isNewerPosition({ at: 0, rev: 0 }, undefined)).toBe(true)
  })

  test('an order is newer by revision', () => {
    expect(isNewerOrder({ rev: 2 }, { rev: 1 })).toBe(true)
    expect(isNewerOrder({ rev: 1 }, { rev: 1 })).toBe(false)
    expect(isNewerOrder({ rev: 0 }, undefined)).toBe(true)
  })
})

describe('mergeView', () => {
  test('an absent part deletes nothing', () => {
    const view = mergeView(undefined, frame({ order: orderPart(1), position: positionPart(1, 1) }))
    const merged = mergeView(view, frame({ order: orderPart(2, { status: 'delivered' }) }))
    expect(merged.position).toBe(view.position)
    expect(merged.order?.status).toBe('delivered')
  })

  test('a view holds no field of the frame that is not a part', () => {
    expect(Object.keys(mergeView(undefined, frame({ order: orderPart(1) }))).sort()).toEqual([
      'epoch',
      'order',
      'order_id',
    ])
  })

  test('an older or equal part gives back the very same view', () => {
    const view = mergeView(undefined, frame({ order: orderPart(5), position: positionPart(5, 5) }))
    expect(mergeView(view, frame({ order: orderPart(5), position: positionPart(5, 5) }))).toBe(view)
    expect(mergeView(view, frame({ order: orderPart(4), position: positionPart(4, 9) }))).toBe(view)
    expect(mergeView(view, frame())).toBe(view)
  })

  test('a greater epoch replaces all, a lower one is ignored', () => {
    const view = mergeView(undefined, frame({ epoch: 2, order: orderPart(5), position: positionPart(50, 5) }))
    expect(mergeView(view, frame({ epoch: 1, order: orderPart(9) }))).toBe(view)
    expect(mergeView(view, frame({ epoch: 3, order: orderPart(1) }))).toEqual({
      order_id: 'o1',
      epoch: 3,
      order: orderPart(1),
    })
  })

  test('a frame of another order changes nothing, whatever its epoch', () => {
    const view = mergeView(undefined, frame({ order: orderPart(1) }))
    expect(mergeView(view, frame({ order_id: 'o2', epoch: 9, order: orderPart(9) }))).toBe(view)
  })

  test('the route in use gives way only to the one the newest position names', () => {
    const a = mergeView(undefined, frame({ position: positionPart(1, 1, { route_id: 'a' }), route: routePart('a') }))
    const b = mergeView(a, frame({ position: positionPart(2, 1, { route_id: 'b' }), route: routePart('b') }))
    expect(b.route?.id).toBe('b')
    expect(mergeView(b, frame({ position: positionPart(1, 1, { route_id: 'a' }), route: routePart('a') }))).toBe(b)
  })

  test('a route may come after the position that names it', () => {
    const named = mergeView(undefined, frame({ position: positionPart(1, 1, { route_id: 'a' }) }))
    expect(mergeView(named, frame({ route: routePart('a') })).route?.id).toBe('a')
  })
})

describe('shownPosition', () => {
  const shown = (order: OrderPart | undefined, position: PositionPart | undefined) =>
    shownPosition({ order_id: 'o1', epoch: 1, ...(order && { order }), ...(position && { position }) })

  test('shows the position of the assignment in force', () => {
    expect(shown(orderPart(1), positionPart(1, 1))?.at).toBe(1)
  })

  test('a hand-over, an invisible order, an end or a missing part hides it', () => {
    expect(shown(orderPart(2, { assignment: 8 }), positionPart(1, 1))).toBeUndefined()
    expect(shown(orderPart(1, { visible: false }), positionPart(1, 1))).toBeUndefined()
    expect(shown(orderPart(1, { status: 'delivered' }), positionPart(1, 1))).toBeUndefined()
    expect(shown(orderPart(1, { status: 'cancelled' }), positionPart(1, 1))).toBeUndefined()
    expect(shown(undefined, positionPart(1, 1))).toBeUndefined()
    expect(shown(orderPart(1), undefined)).toBeUndefined()
  })

  test('only the route the position names is its route', () => {
    const position = positionPart(1, 1, { route_id: 'a' })
    const view: View = { order_id: 'o1', epoch: 1, position, route: routePart('a') }
    expect(routeOf(view, position)?.id).toBe('a')
    expect(routeOf({ ...view, route: routePart('b') }, position)).toBeUndefined()
    expect(routeOf(view, positionPart(1, 1))).toBeUndefined()
  })

  test('only delivered and cancelled are ends', () => {
    const ended = (['created', 'assigned', 'picked_up', 'delivered', 'cancelled'] as const).filter((status) =>
      isEnded({ status }),
    )
    expect(ended).toEqual(['delivered', 'cancelled'])
  })
})

describe('for all frames', () => {
  // Equal versions mean equal content, as the sources promise; so content is derived from the version.
  const frames = fc.array(
    fc.record(
      {
        epoch: fc.integer({ min: 1, max: 3 }),
        order: fc.integer({ min: 0, max: 6 }).map((rev) => orderPart(rev, { assignment: rev % 3 })),
        position: fc
          .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }))
          .map(([at, rev]) => positionPart(at, rev, { assignment: at % 3, route_id: at % 2 ? 'a' : 'b' })),
        route: fc.constantFrom('a', 'b').map(routePart),
      },
      { requiredKeys: ['epoch'] },
    ),
    { maxLength: 12 },
  )
  const fold = (list: Partial<ViewFrame>[], start?: View) =>
    list.reduce<View | undefined>((view, one) => mergeView(view, frame(one)), start)

  test('merging a frame again changes nothing', () => {
    fc.assert(
      fc.property(frames, (list) => {
        let view: View | undefined
        for (const one of list) {
          view = mergeView(view, frame(one))
          expect(mergeView(view, frame(one))).toBe(view)
        }
      }),
    )
  })

  test('order and position end the same in whatever order the frames come', () => {
    const shuffled = frames.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    )
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const a = fold(list)
        const b = fold(other)
        expect(b?.epoch).toEqual(a?.epoch as number)
        expect(b?.order).toEqual(a?.order as OrderPart)
        expect(b?.position).toEqual(a?.position as PositionPart)
      }),
    )
  })

  test('a greater epoch leaves nothing of what was before', () => {
    fc.assert(
      fc.property(frames, frames, (before, after) => {
        const later = after.map((one) => ({ ...one, epoch: one.epoch + 10 }))
        fc.pre(later.length > 0)
        expect(fold(later, fold(before))).toEqual(fold(later) as View)
      }),
    )
  })

  test('neither part ever goes back within an epoch', () => {
    fc.assert(
      fc.property(frames, (list) => {
        let view: View | undefined
        for (const one of list) {
          const next: View = mergeView(view, frame({ ...one, epoch: 1 }))
          if (view?.order && next.order) expect(isNewerOrder(view.order, next.order)).toBe(false)
          if (view?.position && next.position) expect(isNewerPosition(view.position, next.position)).toBe(false)
          view = next
        }
      }),
    )
  })
})
