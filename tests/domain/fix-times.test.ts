import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { AHEAD_TOLERANCE_MS, correctTimes } from '../../src/domain/fix-times'

const NOW = 1_760_000_000_000
const MIN = 60_000

describe('correctTimes', () => {
  test('leaves good times alone', () => {
    const times = [NOW - 5_000, NOW - 3_000, NOW - 1_000]
    expect(correctTimes(times, NOW)).toEqual({ fixTimesMs: times, shiftMs: 0 })
  })

  test('bears two seconds ahead, and no more', () => {
    expect(correctTimes([NOW + AHEAD_TOLERANCE_MS], NOW).shiftMs).toBe(0)
    expect(correctTimes([NOW + AHEAD_TOLERANCE_MS + 1], NOW)).toEqual({ fixTimesMs: [NOW], shiftMs: 2_001 })
  })

  test('shifts a whole request of a fast clock and keeps its intervals', () => {
    const times = [0, 1_000, 2_500].map((ms) => NOW + 10 * MIN + ms)
    expect(correctTimes(times, NOW)).toEqual({ fixTimesMs: [NOW - 2_500, NOW - 1_500, NOW], shiftMs: 10 * MIN + 2_500 })
  })

  test('shifts a request of a fast clock that reaches back into the past', () => {
    // Ten minutes of backlog, all by a clock that is five minutes ahead.
    const times = Array.from({ length: 600 }, (_, i) => NOW + 5 * MIN - (599 - i) * 1_000)
    const { fixTimesMs, shiftMs } = correctTimes(times, NOW)
    expect(shiftMs).toBe(5 * MIN)
    expect(fixTimesMs.at(-1)).toBe(NOW)
    expect(fixTimesMs[0]).toBe(NOW - 599_000)
  })

  test('rejects the one stamp that is far ahead of all others, wherever it stands', () => {
    for (const at of [0, 1, 2]) {
      const times = [NOW - 2_000, NOW - 1_000]
      times.splice(at, 0, NOW + 3_600_000)
      const { fixTimesMs, shiftMs } = correctTimes(times, NOW)
      expect(shiftMs).toBe(0)
      expect(fixTimesMs[at]).toBeUndefined()
      expect(fixTimesMs.filter((timeMs) => timeMs !== undefined)).toEqual([NOW - 2_000, NOW - 1_000])
    }
  })

  test('a clock a little fast is no broken stamp, though only the newest lies ahead', () => {
    // Five-second fixes of a phone four seconds fast.
    const times = [-11_000, -6_000, -1_000, 4_000].map((ms) => NOW + ms)
    expect(correctTimes(times, NOW)).toEqual({ fixTimesMs: times.map((ms) => ms - 4_000), shiftMs: 4_000 })
  })

  test('two stamps ahead are a fast clock, not two broken ones', () => {
    expect(correctTimes([NOW - 1_000, NOW + MIN, NOW + MIN], NOW).shiftMs).toBe(MIN)
    expect(correctTimes([NOW - 1_000, NOW + MIN, NOW + MIN + 1], NOW).shiftMs).toBe(MIN + 1)
  })

  test('takes the receive time for a fix without one, also in a shifted request', () => {
    expect(correctTimes([undefined], NOW)).toEqual({ fixTimesMs: [NOW], shiftMs: 0 })
    expect(correctTimes([undefined, NOW + MIN], NOW).fixTimesMs).toEqual([NOW, NOW])
    expect(correctTimes([], NOW)).toEqual({ fixTimesMs: [], shiftMs: 0 })
  })

  test('for all requests: nothing lies ahead, one length, at most one rejected, and order is kept', () => {
    const time = fc.option(fc.integer({ min: NOW - 30 * MIN, max: NOW + 30 * MIN }), { nil: undefined })
    fc.assert(
      fc.property(fc.array(time, { maxLength: 30 }), (times) => {
        const { fixTimesMs } = correctTimes(times, NOW)
        expect(fixTimesMs.length).toBe(times.length)
        expect(fixTimesMs.filter((timeMs) => timeMs === undefined).length).toBeLessThanOrEqual(1)
        for (const [i, a] of fixTimesMs.entries()) {
          if (a === undefined) continue
          expect(a).toBeLessThanOrEqual(NOW + AHEAD_TOLERANCE_MS)
          const b = fixTimesMs[i + 1]
          const [rawA, rawB] = [times[i], times[i + 1]]
          if (b !== undefined && rawA !== undefined && rawB !== undefined) expect(b - a).toBe(rawB - rawA)
        }
      }),
    )
  })
})
