/** The marker on a road: it never goes back, goes on for a moment when news stop, and is never wild. */

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { moved } from '../../../web/track/geo.ts'
import { Glide, type GlidePose } from '../../../web/track/glide.ts'
import { lineOf, pointAt } from '../../../web/track/line.ts'

const frameMs = 16
const start = { lng: 9.52, lat: 47.14 }
const bends = [start]
for (let i = 0; i < 60; i++) bends.push(moved(bends.at(-1) as typeof start, i % 2 ? 60 : 120, 100))
const line = lineOf(bends)

type Fix = { atMs: number; arriveMs: number; alongM: number; speedMps?: number; stands?: boolean }
type Frame = { nowMs: number; pose: GlidePose; alongM: number }

/** Plays fixes, which come as they arrive, and gives each frame. */
function ride(fixes: Fix[], untilMs: number): Frame[] {
  const glide = new Glide()
  const queue = [...fixes].sort((a, b) => a.arriveMs - b.arriveMs)
  const frames: Frame[] = []
  for (let nowMs = queue[0]?.arriveMs ?? 0; nowMs <= untilMs; nowMs += frameMs) {
    while (queue[0] && queue[0].arriveMs <= nowMs) {
      const { atMs, arriveMs, alongM, ...rest } = queue.shift() as Fix
      glide.push({ ...pointAt(line, alongM), line, alongM, fixTimeMs: atMs, receivedMs: arriveMs, ...rest }, nowMs)
    }
    const pose = glide.pose(nowMs)
    if (pose) frames.push({ nowMs, pose, alongM: pose.alongM ?? Number.NaN })
  }
  return frames
}

function steps(frames: Frame[]): { nowMs: number; meters: number; faded: boolean }[] {
  return frames.slice(1).map(({ nowMs, alongM, pose }, i) => {
    const before = frames[i] as Frame
    return { nowMs, meters: alongM - before.alongM, faded: pose.opacity < 1 || before.pose.opacity < 1 }
  })
}

const steady = (count: number, stepMs: number, mps: number): Fix[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: i * stepMs,
    arriveMs: i * stepMs + 100,
    alongM: (i * stepMs * mps) / 1_000,
  }))

describe('a marker on a road', () => {
  test('never goes back, whatever fixes come and when, unless it fades to the new place', () => {
    const fix = fc.record({
      gapMs: fc.integer({ min: 200, max: 20_000 }),
      lagMs: fc.integer({ min: 0, max: 9_000 }),
      alongM: fc.double({ min: 0, max: 700, noNaN: true }),
      speedMps: fc.option(fc.double({ min: 0, max: 40, noNaN: true }), { nil: undefined }),
      stands: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(fix, { minLength: 2, maxLength: 15 }), (drawn) => {
        let atMs = 0
        const fixes = drawn.map(({ gapMs, lagMs, ...rest }): Fix => {
          atMs += gapMs
          const { speedMps, ...other } = rest
          return { atMs, arriveMs: atMs + lagMs, ...other, ...(speedMps !== undefined && { speedMps }) }
        })
        for (const { meters, faded } of steps(ride(fixes, atMs + 20_000))) {
          if (!faded) expect(meters).toBeGreaterThanOrEqual(-1e-9)
        }
      }),
      { numRuns: 150 },
    )
  }, 20_000)

  test('is never wild, nor back, nor faded, behind a rider in town whose fixes come late and in heaps', () => {
    const drawn = fc.array(
      fc.record({ mps: fc.double({ min: 0, max: 15, noNaN: true }), lagMs: fc.integer({ min: 50, max: 2_500 }) }),
      { minLength: 12, maxLength: 25 },
    )
    fc.assert(
      fc.property(drawn, fc.constantFrom(1_000, 2_000, 5_000), (parts, stepMs) => {
        let alongM = 0
        let lastMs = 0
        const fixes = parts.map(({ mps, lagMs }, i): Fix => {
          alongM += i === 0 ? 0 : (mps * stepMs) / 1_000
          // The server shows fixes in their order.
          lastMs = Math.max(lastMs, i * stepMs + lagMs)
          return { atMs: i * stepMs, arriveMs: lastMs, alongM, speedMps: mps }
        })
        const frames = ride(fixes, parts.length * stepMs + 15_000)
        expect(frames.every(({ pose }) => pose.opacity === 1)).toBe(true)
        for (const { meters } of steps(frames)) {
          expect(meters).toBeGreaterThanOrEqual(-1e-9)
          // 28 m/s by a clock that runs half as fast again.
          expect(meters / (frameMs / 1_000)).toBeLessThan(28 * 1.5 + 0.1)
        }
        // Past the last fix by the way of one who is not known to have stopped.
        expect((frames.at(-1) as Frame).alongM - alongM).toBeWithin(-0.001, 28.1)
      }),
      { numRuns: 100 },
    )
  }, 20_000)

  test('goes on for three seconds when news stop, slower and slower, and rests a second later', () => {
    const frames = ride(steady(10, 2_000, 10), 60_000)
    const past = frames.filter(({ alongM }) => alongM > 180)
    const startMs = past[0]?.nowMs ?? 0
    const movedUntil =
      steps(frames)
        .filter(({ meters }) => meters > 1e-6)
        .at(-1)?.nowMs ?? 0
    expect(movedUntil - startMs).toBeWithin(3_500, 4_100)
    const speeds = steps(past).map(({ meters }) => meters)
    for (const [i, meters] of speeds.entries()) expect(meters).toBeLessThanOrEqual((speeds[i - 1] ?? 1) + 1e-6)
    expect(frames.at(-1)?.alongM).toBeWithin(190, 208)
    expect(frames.at(-1)?.pose.moving).toBe(false)
  })

  test('does not go on when the rider is known to stand', () => {
    const stood = steady(10, 2_000, 10).map((fix, i) => (i === 9 ? { ...fix, stands: true } : fix))
    expect(ride(stood, 60_000).at(-1)?.alongM).toBeCloseTo(180, 3)
    const slow = steady(10, 2_000, 10).map((fix, i) => (i === 9 ? { ...fix, speedMps: 0 } : fix))
    expect(ride(slow, 60_000).at(-1)?.alongM).toBeCloseTo(180, 3)
  })

  test('that went on too far waits for a rider who stopped', () => {
    const fixes = [...steady(10, 1_000, 14), { atMs: 20_000, arriveMs: 20_100, alongM: 130 }]
    const frames = ride(fixes, 40_000)
    expect(frames.at(-1)?.alongM).toBeWithin(140, 154)
    expect(Math.min(...steps(frames).map(({ meters }) => meters))).toBeGreaterThanOrEqual(0)
  })

  test('fades to a place more than 30 m back, and is there within a third of a second', () => {
    const fixes = [...steady(10, 1_000, 10), { atMs: 10_000, arriveMs: 10_100, alongM: 55 }]
    const frames = ride(fixes, 30_000)
    const faded = steps(frames).filter(({ faded }) => faded)
    expect((faded.at(-1)?.nowMs ?? 0) - (faded[0]?.nowMs ?? 0)).toBeLessThan(340)
    expect(frames.at(-1)?.alongM).toBeCloseTo(55, 3)
    // Where it changes its place nothing is seen of it.
    const swap = frames.findIndex(({ alongM }, i) => alongM < (frames[i - 1]?.alongM ?? 0))
    expect(frames[swap]?.pose.opacity).toBeLessThan(0.2)
  })

  test('is hardly ever still behind a rider who is not', () => {
    for (const stepMs of [2_000, 5_000]) {
      const frames = ride(steady(120_000 / stepMs, stepMs, 8), 115_000).filter(({ nowMs }) => nowMs > 2.5 * stepMs)
      expect(steps(frames).filter(({ meters }) => meters < 0.01)).toEqual([])
    }
  })

  test('sees the time its place is of: a usual interval and a second ago', () => {
    const last = ride(steady(30, 2_000, 10), 59_000).at(-1) as Frame
    expect(last.nowMs - last.pose.shownMs).toBeWithin(3_000, 3_200)
    expect(last.alongM).toBeCloseTo(last.pose.shownMs / 100, 0)
  })

  test('points where the road leads, and turns into its bends', () => {
    const frames = ride(steady(40, 2_000, 10), 78_000).filter(({ nowMs }) => nowMs > 12_000)
    for (const { alongM, pose } of frames) {
      const into = alongM % 100
      // Past the turn and its damping, before the next one comes into sight.
      if (into > 20 && into < 85) expect(pose.headingDeg).toBeCloseTo(Math.floor(alongM / 100) % 2 ? 60 : 120, -1)
    }
  })
})
