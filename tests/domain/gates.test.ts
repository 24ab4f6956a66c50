import { describe, expect, test } from 'bun:test'
import { distanceM } from '../../src/domain/geo'
import { assignOrder, moveOrder, replan, stubOf, vouchedOrder } from '../../src/domain/order'
import { projectPosition } from '../../src/domain/position'
import { countDrop, DROP_CODES, type DropCode, emptyTrack } from '../../src/domain/track'
import { away, drive, legal, one, orderInHand, placeAfter, request, T0, Tracker } from '../support/rider'

const MIN = 60_000

describe('whose record it is', () => {
  test('a rider’s backlog from before the assignment is not shown', () => {
    const tracker = new Tracker().send(drive({ fromMs: T0 - 30_000, count: 15 }), T0 + 1_000)
    expect(tracker.outcomes).toEqual(Array(15).fill('before_assignment'))
    tracker.live([one(T0 - 9_000)])
    expect(tracker.last).toBe('position')
  })

  test('a lower assignment is handed over, a higher one waits for the table', () => {
    const order = orderInHand()
    const later = legal(assignOrder(order, 'r2', T0 + 60_000))
    const tracker = new Tracker(order).live(drive({ fromMs: T0 + 50_000, count: 5 }))
    const ofNext = { assignment: later.assignment, partnerId: 'r2' }
    const before = tracker.track
    tracker.take(request([one(T0 + 61_000)], T0 + 61_100, ofNext))
    expect(tracker.last).toBe('set_aside')
    expect(tracker.track).toBe(before)
    tracker.order = later
    tracker.take(request([one(T0 + 61_000)], T0 + 61_100, ofNext))
    expect(tracker.last).toBe('position')
    tracker.live([one(T0 + 62_000)])
    expect(tracker.last).toBe('handed_over')
  })

  test('a hand-over clears place, rejects, lag and motion', () => {
    const order = orderInHand()
    const tracker = new Tracker(order).live(drive({ fromMs: T0, count: 6, everyMs: 2_000, clockMs: -10 * MIN }))
    tracker.live(drive({ fromMs: T0 + 12_000, count: 1, clockMs: -10 * MIN }).map((made) => away(made, 40_000)))
    expect(tracker.last).toBe('jump')
    expect(tracker.track.lagMs).toBeGreaterThan(0)
    const later = legal(assignOrder(order, 'r2', T0 + 60_000))
    tracker.order = later
    // Far from where the first rider was: no jump, for nothing of the first rider is left.
    const far = away(one(T0 + 61_000), 30_000)
    tracker.take(request([far], T0 + 61_100, { assignment: later.assignment, partnerId: 'r2' }))
    expect(tracker.last).toBe('position')
    expect(tracker.track).toMatchObject({ assignment: later.assignment, lagMs: 0, lateRejects: [], jumpRejects: [] })
    expect(tracker.track.last?.timeMs).toBe(T0 + 61_000)
  })

  test('a table behind the track brings no former rider back', () => {
    const order = orderInHand()
    const later = legal(assignOrder(order, 'r2', T0 + 60_000))
    const tracker = new Tracker(later)
    tracker.take(request([one(T0 + 61_000)], T0 + 61_100, { assignment: later.assignment, partnerId: 'r2' }))
    const { last } = tracker.track
    tracker.order = order
    tracker.live([one(T0 + 62_000)])
    expect(tracker.last).toBe('handed_over')
    expect(tracker.track.last).toEqual(last)
    expect(projectPosition(tracker.track, order, 'ops')).toBeUndefined()
  })

  test('an unstamped record counts for the order’s rider alone', () => {
    const tracker = new Tracker()
    const unstamped = (partnerId: string, fromMs: number) =>
      request([one(fromMs)], fromMs + 100, { partnerId }).map(({ assignment: _, ...record }) => record)
    tracker.take(unstamped('r2', T0))
    expect(tracker.last).toBe('wrong_partner')
    tracker.take(unstamped('r1', T0 + 1_000))
    expect(tracker.last).toBe('position')
  })

  test('an unstamped record waits while the table is behind the track', () => {
    const tracker = new Tracker()
    tracker.track = { ...tracker.track, assignment: T0 + 5_000 }
    tracker.take(request([one(T0)], T0 + 100).map(({ assignment: _, ...record }) => record))
    expect(tracker.last).toBe('set_aside')
  })

  test('an unknown order waits for the table', () => {
    const tracker = new Tracker(undefined)
    tracker.order = undefined
    tracker.live([one(T0)])
    expect(tracker.last).toBe('set_aside')
  })

  test('an order with no rider accepts nothing', () => {
    const tracker = new Tracker({ ...orderInHand(), status: 'created', assignment: 0 })
    tracker.take(request([one(T0)], T0, { assignment: 0, vouched: true }))
    expect(tracker.last).toBe('unassigned')
  })

  test('an ended order accepts nothing, a stub neither', () => {
    const ended = legal(moveOrder(orderInHand(), 'delivered', T0 + 60_000))
    const tracker = new Tracker(ended).live([one(T0 + 61_000)])
    expect(tracker.last).toBe('ended')
    tracker.order = stubOf(ended, T0 + 120_000)
    tracker.live([one(T0 + 121_000)])
    tracker.take(request([one(T0 + 122_000)], T0 + 122_000, { assignment: 0, vouched: true }))
    expect(tracker.outcomes.slice(1)).toEqual(['gone', 'gone'])
  })

  test('an assignment newer than the stub is the id’s next life, and waits', () => {
    const tracker = new Tracker(stubOf(orderInHand(), T0 + 60_000))
    tracker.take(request([one(T0 + 90_000)], T0 + 90_000, { assignment: T0 + 80_000 }))
    expect(tracker.last).toBe('set_aside')
  })
})

describe('vouched orders', () => {
  const vouched = (partnerId: string) => ({ assignment: 0, vouched: true, partnerId })

  test('bind to the first rider who sends', () => {
    const tracker = new Tracker()
    tracker.order = undefined
    tracker.take(request([one(T0)], T0 + 100, vouched('r7')))
    tracker.take(request([one(T0 + 1_000)], T0 + 1_100, vouched('r8')))
    tracker.take(request([one(T0 + 2_000)], T0 + 2_100, vouched('r7')))
    expect(tracker.outcomes).toEqual(['position', 'wrong_partner', 'position'])
    expect(projectPosition(tracker.track, vouchedOrder('o1'), 'customer')?.at).toBe(3)
  })

  test('give way at once to a registered order', () => {
    const tracker = new Tracker()
    const registered = tracker.order
    tracker.order = undefined
    tracker.take(request([one(T0)], T0 + 100, vouched('r7')))
    tracker.order = registered
    if (registered === undefined) throw new Error('no order')
    expect(projectPosition(tracker.track, registered, 'customer')).toBeUndefined()
    tracker.take(request([one(T0 + 1_000)], T0 + 1_100, vouched('r7')))
    expect(tracker.last).toBe('handed_over')
    tracker.live([away(one(T0 + 2_000), 50_000)])
    expect(tracker.last).toBe('position')
    expect(tracker.track).toMatchObject({ assignment: registered.assignment })
    expect(tracker.track.boundTo).toBeUndefined()
  })

  test('cannot come back over a registered order that the table does not know yet', () => {
    const tracker = new Tracker().live([one(T0)])
    const { last } = tracker.track
    tracker.order = undefined
    tracker.take(request([one(T0 + 1_000)], T0 + 1_100, vouched('r7')))
    expect(tracker.last).toBe('handed_over')
    expect(tracker.track.last).toEqual(last)
  })
})

describe('a single fix', () => {
  test('is a duplicate by its id, or by time and place', () => {
    const tracker = new Tracker().live([one(T0, { id: 'a' })])
    tracker.live([one(T0 + 1_000, { id: 'a' })])
    expect(tracker.last).toBe('duplicate')
    tracker.live([one(T0, { id: 'b' })])
    expect(tracker.last).toBe('duplicate')
    tracker.live([one(T0 + 1_000, { id: 'c' })])
    expect(tracker.last).toBe('position')
  })

  test('older than 60 s is no first position, but part of the trail', () => {
    const tracker = new Tracker({ ...orderInHand(), assignment: T0 - 60 * MIN })
    const sent = (delayMs: number) => request([one(T0)], T0 + delayMs, { assignment: T0 - 60 * MIN })
    expect(tracker.take(sent(60_001)).last).toBe('too_old')
    expect(tracker.take(sent(60_000)).last).toBe('position')
  })

  test('of the same second as the last is taken', () => {
    const tracker = new Tracker().live([
      one(T0),
      { ...one(T0 + 400), fix: { ...one(T0 + 400).fix, device_time_ms: T0 } },
    ])
    expect(tracker.outcomes).toEqual(['position', 'position'])
  })

  test('late by a moment goes to the trail only', () => {
    const tracker = new Tracker().live([one(T0), one(T0 + 2_000)])
    const place = tracker.track.last
    tracker.live([one(T0 + 1_000)], 1_500)
    expect(tracker.last).toBe('late')
    expect(tracker.track.last).toEqual(place)
  })

  test('worse than 100 m is refused, with no accuracy it is taken', () => {
    const tracker = new Tracker().live([one(T0, { accuracy_m: 101 }), one(T0 + 1_000, { accuracy_m: 100 })])
    expect(tracker.outcomes).toEqual(['inaccurate', 'position'])
    const { accuracy_m: _, ...fix } = one(T0 + 2_000).fix
    tracker.live([{ madeMs: T0 + 2_000, fix }])
    expect(tracker.last).toBe('position')
  })

  test('at 0°, 0° is a receiver without a fix', () => {
    expect(new Tracker().live([one(T0, { lat: 0, lng: 0 })]).last).toBe('null_island')
    expect(new Tracker().live([one(T0, { lat: 0, lng: 9.5 })]).last).toBe('position')
  })
})

test('every drop code is reached and counted', () => {
  const reached = new Set<DropCode>()
  const note = (tracker: Tracker) => {
    for (const [code, count] of Object.entries(tracker.track.dropped)) {
      expect(count).toBe(tracker.outcomes.filter((outcome) => outcome === code).length)
      reached.add(code as DropCode)
    }
  }
  const order = orderInHand()
  const next = legal(assignOrder(order, 'r2', T0 + 60_000))
  const ended = legal(moveOrder(order, 'cancelled', T0 + 60_000))
  note(new Tracker(stubOf(ended, T0 + 90_000)).live([one(T0)]))
  note(new Tracker(ended).live([one(T0), one(T0 + 1)]))
  note(new Tracker({ ...order, assignment: 0 }).take(request([one(T0)], T0, { assignment: 0 })))
  note(new Tracker(next).live([one(T0)]))
  note(new Tracker().take(request([one(T0)], T0, { partnerId: 'r9' }).map(({ assignment: _, ...record }) => record)))
  note(new Tracker().live([one(T0 - 60_000)]))
  const twice = one(T0)
  note(new Tracker().live([twice, twice]))
  note(new Tracker().send([one(T0)], T0 + 61_000))
  note(new Tracker().live([one(T0 + 5_000), one(T0)]))
  note(new Tracker().live([one(T0, { lat: 0, lng: 0 }), one(T0, { accuracy_m: 400 })]))
  note(new Tracker().live([one(T0), away(one(T0 + 1_000), 9_000)]))
  // The one code that no gate gives: the partition gives it when a record has waited too long.
  const counted = countDrop(countDrop(emptyTrack('o1'), 'assignment_unknown'), 'assignment_unknown')
  expect(counted.dropped).toEqual({ assignment_unknown: 2 })
  reached.add('assignment_unknown')
  expect([...reached].sort()).toEqual([...DROP_CODES].sort())
})

test('the generator drives as fast as it says', () => {
  expect(distanceM(placeAfter(0), placeAfter(10))).toBeCloseTo(100, 0)
  expect(replan([orderInHand()], T0)).toEqual([])
})
