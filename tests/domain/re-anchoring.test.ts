import { describe, expect, test } from 'bun:test'
import { away, drive, type Made, one, orderInHand, request, T0, Tracker } from '../support/rider'

const MIN = 60_000

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

  test('at the speed at which it was recorded, between live fixes', () => {
    const { tracker, backlog, live } = afterTunnel()
    for (const [i, made] of backlog.entries()) {
      tracker.send([made], startMs + i * 1_000)
      const next = live[i]
      if (next !== undefined && i % 2 === 1) tracker.live([next])
    }
    expect(tracker.wentBack()).toBeUndefined()
    expect(tracker.count('late')).toBe(300)
  })

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

  test('an order taken an hour ago is shown again after the clock went slow in the middle', () => {
    const assignment = T0 - 60 * MIN
    const tracker = new Tracker({ ...orderInHand(), assignment })
    const feed = [
      ...drive({ fromMs: T0, count: 20, everyMs: 2_000 }),
      ...drive({ fromMs: T0 + 40_000, count: 20, everyMs: 2_000, clockMs: -10 * MIN }),
    ]
    for (const made of feed) tracker.take(request([made], made.madeMs + 100, { assignment }))
    expect(tracker.outcomes.slice(20, 23)).toEqual(['late', 'late', 'position'])
    expect(tracker.track.last?.timeMs).toBe(T0 + 78_100)
  })

  /** Late readings of a phone at one place in time, `[made, delay]` in ms each, after a live fix far ahead of them. */
  const afterLate = (...readings: [madeMs: number, delayMs: number][]) => {
    const tracker = new Tracker().live(drive({ fromMs: T0 + 200_000, count: 1 }))
    for (const [madeMs, delayMs] of readings) {
      tracker.send(
        [one(T0 + 210_000 + madeMs, { device_time_ms: T0 + 10_000 + madeMs })],
        T0 + 210_000 + madeMs + delayMs,
      )
    }
    return tracker
  }

  test('is believed when three lags agree within two seconds, and its lag is the least of them', () => {
    const tracker = afterLate([0, 300], [3_000, 1_900], [6_000, 1_000])
    expect(tracker.outcomes).toEqual(['position', 'late', 'late', 'position'])
    expect(tracker.track.lagMs).toBe(200_300)
    expect(afterLate([0, 100], [3_000, 2_200], [6_000, 2_200]).last).toBe('late')
  })

  test('is believed when the lag falls no more than the network jitters', () => {
    expect(afterLate([0, 1_000], [2_000, 600], [4_000, 100]).last).toBe('position')
    expect(afterLate([0, 1_900], [2_000, 1_000], [4_000, 100]).last).toBe('late')
  })

  test('is not believed from a reading that is older than the one before it', () => {
    expect(afterLate([0, 100], [-100, 1_300], [2_000, 1_300]).outcomes.slice(1)).toEqual(['late', 'late', 'late'])
  })

  test('that only looked like one is still a jump', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 200 }))
    // At the speed at which it was recorded, so with one lag: from 2 km back.
    for (const made of drive({ fromMs: T0, count: 4 })) tracker.send([made], made.madeMs + 201_000)
    expect(tracker.outcomes.slice(200)).toEqual(['late', 'late', 'jump', 'jump'])
    tracker.live(drive({ fromMs: T0 + 206_000, count: 1 }))
    expect(tracker.last).toBe('position')
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

  test('far fixes that come newest first bear nothing out', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 5, everyMs: 2_000 }))
    const far = drive({ fromMs: T0 + 10_000, count: 6, everyMs: 2_000 }).map((made) => away(made, 40_000))
    tracker.send(far.reverse(), T0 + 21_000)
    expect(tracker.outcomes.slice(5)).toEqual(Array(6).fill('jump'))
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
