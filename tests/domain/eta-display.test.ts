import { describe, expect, test } from 'bun:test'
import type { Estimate } from '../../src/domain/eta.ts'
import { isRunningLate, type ShownEta, showEta, shownMinutes } from '../../src/domain/eta-display.ts'

const START_MS = 1_760_000_000_000

/** An estimate of `remainingS` at `atS`, with a range of a quarter either way. */
function estimate(atS: number, remainingS: number): Estimate {
  const nowMs = START_MS + atS * 1000
  return {
    remainingS,
    arrivalMs: nowMs + remainingS * 1000,
    earliestMs: nowMs + remainingS * 750,
    latestMs: nowMs + remainingS * 1250,
    delayed: false,
  }
}

/** What is shown after estimates every 5 s. */
function show(remainingS: (atS: number) => number, untilS: number): ShownEta[] {
  const states: ShownEta[] = []
  for (let atS = 0; atS <= untilS; atS += 5) {
    states.push(showEta(states.at(-1), estimate(atS, remainingS(atS)), START_MS + atS * 1000))
  }
  return states
}

const minutes = (states: readonly ShownEta[]) => states.map((shown, i) => shownMinutes(shown, START_MS + i * 5000))

describe('showEta', () => {
  test('counts down and never up while the estimate wavers within its range', () => {
    const shown = minutes(show((atS) => 900 - atS + 40 * Math.sin(atS / 7), 600))
    expect(shown[0]).toBe(16)
    expect(shown).toEqual([...shown].sort((a, b) => b - a))
  })

  test('a later arrival is shown after half a minute, and two minutes are news', () => {
    const states = show((atS) => (atS < 100 ? 900 - atS : 1200 - atS), 300)
    const first = states.findIndex(({ arrivalMs }) => arrivalMs > START_MS + 1_000_000)
    expect(first * 5).toBeGreaterThanOrEqual(125)
    expect(first * 5).toBeLessThanOrEqual(140)
    expect(isRunningLate(states[first - 1], states[first] as ShownEta)).toBe(true)
    expect(states.filter((state, i) => isRunningLate(states[i - 1], state))).toHaveLength(1)
  })

  test('what is far off is shown at once', () => {
    const states = show((atS) => (atS < 100 ? 900 - atS : 2400 - atS), 105)
    expect(states.at(-1)?.arrivalMs).toBeWithin(START_MS + 2_400_000, START_MS + 2_500_000)
  })

  test('a swing that lasts less than half a minute is not shown', () => {
    const states = show((atS) => (atS >= 100 && atS < 120 ? 1200 - atS : 900 - atS), 300)
    expect(new Set(states.map(({ arrivalMs }) => arrivalMs)).size).toBe(1)
  })

  test('an earlier arrival needs less', () => {
    const changes = (byS: number) => {
      const states = show((atS) => (atS < 100 ? 900 - atS : 900 + byS - atS), 300)
      return new Set(states.map(({ arrivalMs }) => arrivalMs)).size
    }
    expect(changes(-90)).toBe(2)
    expect(changes(90)).toBe(1)
  })

  test('the range stays the estimate’s own around an arrival that stays', () => {
    // Drifts later, but not by enough to move the arrival.
    const states = show((atS) => 900 - 0.85 * atS, 600)
    expect(new Set(states.map(({ arrivalMs }) => arrivalMs)).size).toBe(1)
    for (const [i, { arrivalMs, earliestMs, latestMs }] of states.entries()) {
      const { earliestMs: earlyMs, latestMs: lateMs } = estimate(i * 5, 900 - 0.85 * i * 5)
      expect(arrivalMs).toBeWithin(earliestMs, latestMs + 1)
      expect(latestMs - lateMs).toBeWithin(-30_001, 30_001)
      expect(earliestMs).toBeLessThanOrEqual(earlyMs + 30_000)
    }
  })

  test('who grows later evenly is put off seldom, each time for long', () => {
    const ticks = minutes(show((atS) => 900 - 0.4 * atS, 900))
    const ups = ticks.filter((now, i) => now > (ticks[i - 1] ?? now))
    expect(ups.length).toBeWithin(1, 5)
  })

  test('is never below a minute, and is put off when its time is over', () => {
    const states = show(() => 45, 300)
    const shown = minutes(states)
    expect(Math.min(...shown)).toBe(1)
    expect(states.at(-1)?.arrivalMs).toBeGreaterThanOrEqual(START_MS + 270_000)
  })
})
