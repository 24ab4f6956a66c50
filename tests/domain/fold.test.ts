import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { fold } from '../../src/domain/fold'
import { parseRecord } from '../../src/domain/location-record'
import { assignOrder, type Order } from '../../src/domain/order'
import { alignTrack, countDrop, emptyTrack, type Track } from '../../src/domain/track'
import { drive, legal, type Made, orderInHand, request, T0, Tracker } from '../support/rider'

const [first, second] = drive({ fromMs: T0, count: 2 }) as [Made, Made]
const record = (made: Made) => request([made], made.madeMs + 100)[0] ?? never()

function never(): never {
  throw new Error('no record')
}

function freeze(track: Track): Track {
  for (const value of Object.values(track)) if (typeof value === 'object') Object.freeze(value)
  return Object.freeze(track)
}

describe('fold', () => {
  test('gives a position and its trail point', () => {
    const folded = fold(emptyTrack('o1'), orderInHand(), record(first), 5)
    const { lat, lng } = first.fix
    expect(folded).toMatchObject({ kind: 'position', trail: { at: 5, lat, lng, timeMs: T0 } })
    expect(folded.track).toMatchObject({ at: 5, assignment: T0, last: { at: 5, lat, lng, timeMs: T0, accuracyM: 8 } })
  })

  test('changes nothing for a record seen before', () => {
    const { track } = fold(emptyTrack('o1'), orderInHand(), record(first), 5)
    for (const at of [5, 4]) {
      const again = fold(track, orderInHand(), record(second), at)
      expect(again).toEqual({ kind: 'seen', track })
      expect(again.track).toBe(track)
    }
  })

  test('writes neither the track it is given nor anything in it', () => {
    const made = drive({ fromMs: T0, count: 30, clockMs: -600_000, everyMs: 2_000 })
    let track = freeze(emptyTrack('o1'))
    for (const [i, one] of [...made, ...made].entries()) {
      const wild = i % 7 === 3 ? { ...one, fix: { ...one.fix, lat: 12 } } : one
      track = freeze(fold(track, orderInHand(), record(wild), i + 1).track)
    }
    expect(Object.keys(track.dropped).length).toBeGreaterThan(2)
  })

  test('keeps the offset of a refused record, and gives late ones to the trail', () => {
    const tracker = new Tracker().live([second])
    const late = fold(tracker.track, tracker.order, record(first), 9)
    expect(late).toMatchObject({ kind: 'dropped', code: 'late', trail: { at: 9, timeMs: T0 } })
    expect(late.track.at).toBe(9)
    const old = request([first], T0 + 90_000)[0] ?? never()
    expect(fold(emptyTrack('o1'), tracker.order, old, 9)).toMatchObject({
      code: 'too_old',
      trail: { at: 9, timeMs: T0 },
    })
    const wrong = fold(tracker.track, { ...orderInHand(), assignment: T0 + 1 }, record(first), 9)
    expect(wrong).toMatchObject({ kind: 'dropped', code: 'handed_over' })
    expect(wrong).not.toHaveProperty('trail')
  })

  test('derives a heading from the way driven, none from standing still', () => {
    const tracker = new Tracker().live([first])
    expect(tracker.track.last?.headingDeg).toBeUndefined()
    tracker.live([second])
    expect(tracker.track.last?.headingDeg).toBe(45)
    tracker.live([{ madeMs: T0 + 2_000, fix: { ...second.fix, device_time_ms: T0 + 2_000, id: 'still' } }])
    expect(tracker.track.last?.headingDeg).toBe(45)
    tracker.live([
      { madeMs: T0 + 3_000, fix: { ...second.fix, device_time_ms: T0 + 3_000, id: 'h', heading_deg: 200 } },
    ])
    expect(tracker.track.last?.headingDeg).toBe(200)
  })

  test('learns the usual interval, and leaves outages out of it', () => {
    const tracker = new Tracker().live(drive({ fromMs: T0, count: 30, everyMs: 5_000 }))
    expect(tracker.track.intervalMs).toBe(5_000)
    tracker.live(drive({ fromMs: T0 + 150_000 + 600_000, count: 1 }))
    expect(tracker.last).toBe('position')
    expect(tracker.track.intervalMs).toBe(5_000)
    tracker.live(drive({ fromMs: T0 + 752_000, count: 20, everyMs: 2_000 }))
    expect(tracker.track.intervalMs).toBeLessThan(2_100)
  })

  test('for all feeds: a replay from any saved track ends in the same place', () => {
    const order = orderInHand()
    const kind = fc.record({
      clockMs: fc.constantFrom(0, 0, 0, -600_000, -20_000),
      wild: fc.boolean(),
      delayMs: fc.constantFrom(100, 100, 700, 30_000),
      accuracyM: fc.constantFrom(8, 8, 8, 300),
    })
    fc.assert(
      fc.property(fc.array(kind, { minLength: 1, maxLength: 40 }), fc.nat(), (kinds, cut) => {
        const made = drive({ fromMs: T0, count: kinds.length, everyMs: 2_000 })
        const records = kinds.flatMap(({ clockMs, wild, delayMs, accuracyM }, i) => {
          const { madeMs, fix } = made[i] ?? never()
          const lat = wild && i % 3 === 0 ? 12 : fix.lat
          const sent = { ...fix, lat, accuracy_m: accuracyM, device_time_ms: madeMs + clockMs }
          return request([{ madeMs, fix: sent }], madeMs + delayMs)
        })
        const foldAll = (track: Track, from: number) => {
          let folded = track
          for (let i = from; i < records.length; i++) folded = fold(folded, order, records[i] ?? never(), i + 1).track
          return folded
        }
        const straight = foldAll(emptyTrack('o1'), 0)
        const until = cut % records.length
        let saved = emptyTrack('o1')
        for (let i = 0; i < until; i++) saved = fold(saved, order, records[i] ?? never(), i + 1).track
        const restored = JSON.parse(JSON.stringify(saved)) as Track
        // The committed offset may lie anywhere below what was saved.
        expect(foldAll(restored, Math.max(0, until - 3))).toEqual(straight)
        expect(saved.last?.at ?? 0).toBeLessThanOrEqual(until)
      }),
    )
  })

  test('for all feeds of one clock: the time shown never goes back', () => {
    const feed = fc.array(fc.record({ madeS: fc.integer({ min: 0, max: 300 }), gapMs: fc.nat({ max: 900 }) }))
    fc.assert(
      fc.property(feed, (fixes) => {
        const tracker = new Tracker()
        let receivedMs = T0 + 300_000
        for (const { madeS, gapMs } of fixes) {
          receivedMs += gapMs
          const { last } = tracker.track
          tracker.send(drive({ fromMs: T0 + madeS * 1_000, count: 1 }), receivedMs)
          const next = tracker.track.last
          if (tracker.track.lagMs === 0 && last !== undefined && next !== undefined) {
            expect(next.timeMs).toBeGreaterThanOrEqual(last.timeMs)
          }
        }
      }),
    )
  })
})

test('alignTrack clears for a newer assignment and never goes back to an older one', () => {
  const tracker = new Tracker().live(drive({ fromMs: T0, count: 5 }))
  expect(alignTrack(tracker.track, T0)).toBe(tracker.track)
  expect(alignTrack(tracker.track, T0 - 1)).toBe(tracker.track)
  const next: Order = legal(assignOrder(orderInHand(), 'r2', T0 + 60_000))
  const cleared = alignTrack(countDrop(tracker.track, 'late'), next.assignment)
  expect(cleared).toMatchObject({
    assignment: next.assignment,
    at: tracker.track.at,
    dropped: { late: 1 },
    intervalMs: 0,
  })
  expect(cleared).not.toHaveProperty('last')
})

test('a saved track is JSON and comes back whole', () => {
  const { track } = new Tracker().live(drive({ fromMs: T0, count: 5, clockMs: -600_000, everyMs: 2_000 }))
  expect(JSON.parse(JSON.stringify(track))).toEqual(track)
  expect(parseRecord(null, true, T0)).toBe('null_value')
})
