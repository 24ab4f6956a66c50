import { describe, expect, test } from 'bun:test'
import { destination, distanceM } from '../../src/domain/geo'
import { assignOrder, moveOrder, replan, stubOf, vouchedOrder } from '../../src/domain/order'
import { projectPosition } from '../../src/domain/position'
import { countDrop, DROP_CODES, type DropCode, emptyTrack } from '../../src/domain/track'
import { drive, legal, type Made, orderInHand, placeAfter, request, T0, Tracker } from '../support/rider'

const MIN = 60_000

/** The same fix elsewhere: `awayM` metres to the west. */
function away(made: Made, awayM: number): Made {
  return { ...made, fix: { ...made.fix, ...destination(made.fix, 270, awayM) } }
}

function one(fromMs: number, more: Partial<Made['fix']> = {}): Made {
  const [made] = drive({ fromMs, count: 1 })
  if (made === undefined) throw new Error('no fix')
  return { ...made, fix: { ...made.fix, ...more } }
}

/** A rider who was live for 30 s, went into a tunnel for 5 min, and is live again for 30 s before the backfill starts. */
function afterTunnel(): { tracker: Tracker; backlog: Made[]; live: Made[] } {
  const tracker = new Tracker().live(drive({ fromMs: T0, count: 30 }))
  const backlog = drive({ fromMs: T0 + 30_000, count: 300 })
  tracker.live(drive({ fromMs: T0 + 330_000, count: 30 }))
  return { tracker, backlog, live: drive({ fromMs: T0 + 360_000, count: 600 }) }
}

function chunksOf<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}

describe('a tunnel’s backfill never moves the marker back', () => {
  const startMs = T0 + 360_000

  test('in one batch', () => {
    const { tracker, backlog } = afterTunnel()
    tracker.send(backlog, startMs)
    expect(tracker.wentBack()).toBeUndefined()
    expect(tracker.count('late')).toBe(300)
  })

  test('in chunks, oldest first', () => {
    const { tracker, backlog } = afterTunnel()
    for (const [i, chunk] of chunksOf(backlog, 50).entries()) tracker.send(chunk, startMs + i * 1_500)
    expect(tracker.wentBack()).toBeUndefined()
    expect(tracker.count('late')).toBe(300)
  })

  test('in chunks, newest first', () => {
    const { tracker, backlog } = afterTunnel()
    for (const [i, chunk] of chunksOf(backlog, 50).reverse().entries()) tracker.send(chunk, startMs + i * 1_500)
    expect(tracker.wentBack()).toBeUndefined()
    expect(tracker.count('late')).toBe(300)
  })

  test('one by one, newest first', () => {
    const { tracker, backlog } = afterTunnel()
    for (const [i, made] of backlog.toReversed().entries()) tracker.send([made], startMs + i * 1_100)
    expect(tracker.wentBack()).toBeUndefined()
  })

  for (const times of [2, 10]) {
    test(`one by one, oldest first, at ${times}× real time`, () => {
      const { tracker, backlog } = afterTunnel()
      for (const [i, made] of backlog.entries()) tracker.send([made], startMs + (i * 1_000) / times)
      expect(tracker.wentBack()).toBeUndefined()
      expect(tracker.count('late')).toBe(300)
    })

    test(`at ${times}× real time, between live fixes`, () => {
      const { tracker, backlog, live } = afterTunnel()
      const sent = [
        ...backlog.map((made, i) => ({ made, receivedMs: startMs + (i * 1_000) / times })),
        ...live.map((made) => ({ made, receivedMs: made.madeMs + 100 })),
      ].sort((a, b) => a.receivedMs - b.receivedMs)
      for (const { made, receivedMs } of sent) tracker.send([made], receivedMs)
      expect(tracker.wentBack()).toBeUndefined()
      expect(tracker.shownMs.length).toBe(60 + live.length)
    })

    test(`at ${times}× real time by an app that sends nothing live before it is done, the marker only goes on`, () => {
      const tracker = new Tracker().live(drive({ fromMs: T0, count: 30 }))
      for (const [i, made] of drive({ fromMs: T0 + 30_000, count: 300 }).entries()) {
        tracker.send([made], T0 + 330_000 + (i * 1_000) / times)
      }
      expect(tracker.wentBack()).toBeUndefined()
      expect(tracker.shownMs.at(-1)).toBe(T0 + 329_000)
    })
  }

  test('the same batch posted again and again', () => {
    const { tracker, backlog } = afterTunnel()
    for (let i = 0; i < 6; i++) tracker.send(backlog, startMs + i * 2_000)
    expect(tracker.wentBack()).toBeUndefined()
  })

  test('a small batch posted again and again, with nothing live in between', () => {
    const { tracker, backlog } = afterTunnel()
    for (let i = 0; i < 6; i++) tracker.send(backlog.slice(-3), startMs + i * 2_000)
    expect(tracker.wentBack()).toBeUndefined()
  })
})

describe('a phone’s wrong clock', () => {
  const seen = (tracker: Tracker, fromMs: number) => tracker.shownMs.filter((madeMs) => madeMs >= fromMs)

  test('ten minutes slow from the start is shown from the third fix on', () => {
    const order = { ...orderInHand(), assignment: T0 - 60 * MIN }
    const tracker = new Tracker(order)
    for (const made of drive({ fromMs: T0, count: 20, everyMs: 2_000, clockMs: -10 * MIN })) {
      tracker.take(request([made], made.madeMs + 100, { assignment: order.assignment }))
    }
    expect(tracker.outcomes.slice(0, 3)).toEqual(['too_old', 'too_old', 'position'])
    expect(tracker.outcomes.slice(2)).toEqual(Array(18).fill('position'))
    expect(tracker.track.lagMs).toBe(10 * MIN + 100)
    expect(tracker.track.last?.timeMs).toBe(T0 + 38_000 + 100)
  })

  test('ten minutes slow with an order assigned just now is shown', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 20, everyMs: 2_000, clockMs: -10 * MIN }))
    expect(tracker.outcomes.slice(0, 3)).toEqual(['before_assignment', 'before_assignment', 'position'])
    expect(seen(tracker, T0).length).toBe(18)
  })

  test('ten minutes slow is shown when the lag jitters', () => {
    const tracker = new Tracker()
    for (const [i, made] of drive({ fromMs: T0, count: 40, everyMs: 2_000, clockMs: -10 * MIN }).entries()) {
      tracker.send([made], made.madeMs + 100 + ((i * 370) % 800))
    }
    expect(tracker.wentBack()).toBeUndefined()
    expect(seen(tracker, T0).length).toBeGreaterThanOrEqual(37)
  })

  for (const [size, everyMs] of [
    [5, 1_000],
    [6, 5_000],
    [30, 1_000],
  ] as const) {
    test(`ten minutes slow is shown when it sends ${size} fixes at once, one per ${everyMs} ms`, () => {
      const tracker = new Tracker()
      for (const batch of chunksOf(drive({ fromMs: T0, count: size * 6, everyMs, clockMs: -10 * MIN }), size)) {
        tracker.send(batch, (batch.at(-1)?.madeMs ?? 0) + 200)
      }
      expect(tracker.wentBack()).toBeUndefined()
      // From the third request on, each one's newest fix is shown.
      expect(tracker.shownMs.at(-1)).toBe(T0 + (size * 6 - 1) * everyMs)
      expect(seen(tracker, T0 + size * 3 * everyMs).length).toBe(size * 3)
    })
  }

  test('that goes ten minutes slow in the middle blanks nothing and is shown again', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 20, everyMs: 2_000 }))
    tracker.live(drive({ fromMs: T0 + 40_000, count: 20, everyMs: 2_000, clockMs: -10 * MIN }))
    expect(tracker.outcomes.slice(20, 23)).toEqual(['before_assignment', 'before_assignment', 'position'])
    expect(tracker.wentBack()).toBeUndefined()
    expect(tracker.shownMs.at(-1)).toBe(T0 + 78_000)
  })

  test('that is slow and set right in the middle is shown throughout', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 20, everyMs: 2_000, clockMs: -10 * MIN }))
    tracker.live(drive({ fromMs: T0 + 40_000, count: 20, everyMs: 2_000 }))
    expect(tracker.outcomes.slice(2)).toEqual(Array(38).fill('position'))
    expect(tracker.track.lagMs).toBe(0)
    expect(tracker.track.last?.timeMs).toBe(T0 + 78_000)
  })

  test('ten minutes fast is shown at once', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 20, everyMs: 2_000, clockMs: 10 * MIN }))
    expect(tracker.outcomes).toEqual(Array(20).fill('position'))
    expect(tracker.track.last?.timeMs).toBe(T0 + 38_100)
  })

  test('ten minutes fast in batches is shown, and a fast clock set right too', () => {
    const tracker = new Tracker()
    const fast = chunksOf(drive({ fromMs: T0, count: 30, clockMs: 10 * MIN }), 5)
    const right = chunksOf(drive({ fromMs: T0 + 30_000, count: 30 }), 5)
    for (const batch of [...fast, ...right]) tracker.send(batch, (batch.at(-1)?.madeMs ?? 0) + 100)
    expect(tracker.wentBack()).toBeUndefined()
    expect(tracker.outcomes.filter((outcome) => outcome === 'position').length).toBeGreaterThanOrEqual(59)
    expect(tracker.shownMs.at(-1)).toBe(T0 + 59_000)
  })

  test('is not believed from three late fixes of one request, nor from less than a second', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0 + 600_000, count: 5 }))
    const late = drive({ fromMs: T0 + 100_000, count: 9, everyMs: 300 })
    for (const made of late.slice(0, 3)) tracker.send([made], made.madeMs + 500_000 + 5_000)
    expect(tracker.outcomes.slice(5)).toEqual(['late', 'late', 'late'])
  })

  test('a re-anchoring fix that another gate refuses leaves the place of before', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 20, everyMs: 2_000 }))
    const before = tracker.track.last
    const slow = drive({ fromMs: T0 + 40_000, count: 4, everyMs: 2_000, clockMs: -10 * MIN })
    tracker.live(slow.slice(0, 2))
    const blurred = slow[2] as Made
    tracker.live([{ ...blurred, fix: { ...blurred.fix, accuracy_m: 500 } }])
    expect(tracker.last).toBe('inaccurate')
    expect(tracker.track.last).toEqual(before)
    tracker.live(slow.slice(3))
    expect(tracker.last).toBe('position')
  })

  test('shows no speed or bearing measured between two clocks', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 2, everyMs: 2_000 }))
    tracker.live(drive({ fromMs: T0 + 40_000, count: 3, everyMs: 2_000, clockMs: -10 * MIN }))
    expect(tracker.last).toBe('position')
    expect(tracker.track.last?.headingDeg).toBeUndefined()
  })
})

describe('jumps', () => {
  test('one wild fix blinds nothing', () => {
    const made = drive({ fromMs: T0, count: 20, everyMs: 2_000 })
    made[10] = away(made[10] as Made, 40_000)
    const tracker = new Tracker().live(made)
    expect(tracker.outcomes.filter((outcome) => outcome !== 'position')).toEqual(['jump'])
    expect(tracker.outcomes[10]).toBe('jump')
  })

  test('one wild fix sent three times stays one', () => {
    const made = drive({ fromMs: T0, count: 10, everyMs: 2_000 })
    const wild = away(one(T0 + 20_000), 40_000)
    const tracker = new Tracker().live(made)
    for (let i = 0; i < 4; i++) tracker.send([wild], T0 + 20_100 + i * 1_500)
    expect(tracker.outcomes.slice(10)).toEqual(['jump', 'duplicate', 'duplicate', 'duplicate'])
  })

  test('three consistent far fixes re-anchor: the ferry has landed', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 5, everyMs: 2_000 }))
    tracker.live(drive({ fromMs: T0 + 10_000, count: 6, everyMs: 2_000 }).map((made) => away(made, 40_000)))
    expect(tracker.outcomes.slice(5)).toEqual(['jump', 'jump', 'position', 'position', 'position', 'position'])
  })

  test('a cold start far off is corrected by the third good fix', () => {
    const made = drive({ fromMs: T0, count: 6, everyMs: 2_000 })
    made[0] = away(made[0] as Made, 300_000)
    const tracker = new Tracker().live(made)
    expect(tracker.outcomes).toEqual(['position', 'jump', 'jump', 'position', 'position', 'position'])
  })

  test('two wild places by turns never re-anchor', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 5, everyMs: 2_000 }))
    const wild = drive({ fromMs: T0 + 10_000, count: 12, everyMs: 2_000 })
    tracker.live(wild.map((made, i) => away(made, i % 2 === 0 ? 40_000 : 80_000)))
    expect(tracker.outcomes.slice(5)).toEqual(Array(12).fill('jump'))
  })

  test('an accepted fix in between starts the count anew', () => {
    const made = drive({ fromMs: T0, count: 12, everyMs: 2_000 })
    const tracker = new Tracker().live(made.map((fix, i) => (i % 3 === 0 ? fix : away(fix, 40_000))))
    expect(tracker.outcomes.filter((_, i) => i % 3 !== 0)).toEqual(Array(8).fill('jump'))
  })

  test('a late fix is no witness of a jump', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 30 }))
    const late = drive({ fromMs: T0 + 5_000, count: 3 }).map((made) => away(made, 40_000))
    tracker.send(late, T0 + 31_000)
    expect(tracker.outcomes.slice(30)).toEqual(['late', 'late', 'late'])
    expect(tracker.track.jumpRejects).toEqual([])
  })

  test('what is a jump depends on the vehicle', () => {
    const fast = drive({ fromMs: T0, count: 6, everyMs: 10_000, speedMps: 30 })
    expect(new Tracker(orderInHand({ vehicle: 'bicycle' })).live(fast).count('jump')).toBeGreaterThan(0)
    expect(new Tracker(orderInHand({ vehicle: 'motorbike' })).live(fast).count('jump')).toBe(0)
  })

  test('both accuracies are slack', () => {
    const step = (accuracyM: number) => {
      const made = drive({ fromMs: T0, count: 2, everyMs: 1_000 })
      const blurred = made.map((fix): Made => ({ ...fix, fix: { ...fix.fix, accuracy_m: accuracyM } }))
      blurred[1] = away(blurred[1] as Made, 150)
      return new Tracker().live(blurred).last
    }
    expect(step(8)).toBe('jump')
    expect(step(90)).toBe('position')
  })
})

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
