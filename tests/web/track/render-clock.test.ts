import { describe, expect, test } from 'bun:test'
import { RenderClock } from '../../../web/track/render-clock.ts'

/** A clock that heard a fix after each of these gaps, all of them as long on their way. */
function heard(gapsMs: number[], lagMs = 100): RenderClock {
  const clock = new RenderClock()
  clock.heard(lagMs, undefined)
  for (const gapMs of gapsMs) clock.heard(lagMs, gapMs)
  return clock
}

describe('RenderClock', () => {
  test.each([
    [200, 1_500],
    [1_000, 2_000],
    [5_000, 6_000],
    [20_000, 8_000],
  ])('behind a feed of one fix in %d ms it is late by %d ms', (gapMs, delayMs) => {
    expect(heard(Array(20).fill(gapMs)).delayMs).toBeCloseTo(delayMs, -1)
  })

  test('is behind by the fix’s way to the server too, by the shortest of the last ten', () => {
    const clock = heard(Array(20).fill(1_000), 3_000)
    expect(clock.read(100_000)).toBeCloseTo(95_000, -1)
    clock.heard(200, 1_000)
    clock.restart()
    expect(clock.read(100_000)).toBeCloseTo(97_800, -1)
  })

  test('takes a hole for a hole: it is soon itself again', () => {
    expect(heard([25_000, 1_000, 1_000, 1_000]).delayMs).toBeLessThan(2_300)
    expect(heard([1_000, 1_000, 40_000]).delayMs).toBeCloseTo(2_000, -1)
  })

  test('never runs backwards, and bends rather than leaps', () => {
    const clock = heard([1_000, 1_000])
    let before = clock.read(100_000)
    for (let nowMs = 100_016; nowMs < 140_000; nowMs += 16) {
      if (nowMs % 1_000 < 16) clock.heard(100, nowMs < 120_000 ? 6_000 : 1_000)
      const timeMs = clock.read(nowMs)
      expect(timeMs - before).toBeWithin(16 * 0.74, 16 * 1.51)
      before = timeMs
    }
    expect(140_000 - before).toBeWithin(2_000, 2_500)
  })

  test('leaps over what was slept through', () => {
    const clock = heard([1_000, 1_000])
    clock.read(100_000)
    expect(clock.read(400_000)).toBeCloseTo(397_900, -1)
  })
})
