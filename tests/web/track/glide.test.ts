import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { distanceM, moved } from '../../../web/track/geo.ts'
import { Glide, type GlidePose } from '../../../web/track/glide.ts'
import { lineOf } from '../../../web/track/line.ts'

const start = { lng: 9.52, lat: 47.14 }
const east = (m: number) => moved(start, 90, m)
const frameMs = 16

/** Plays fixes that arrive at given times and gives every frame's pose. */
function play(fixes: { atMs: number; arriveMs: number; m: number }[], untilMs: number) {
  const glide = new Glide()
  const frames: { nowMs: number; pose: GlidePose; m: number }[] = []
  const queue = [...fixes].sort((a, b) => a.arriveMs - b.arriveMs)
  for (let nowMs = queue[0]?.arriveMs ?? 0; nowMs <= untilMs; nowMs += frameMs) {
    while (queue[0] && queue[0].arriveMs <= nowMs) {
      const fix = queue.shift()
      if (fix) glide.push({ ...east(fix.m), fixTimeMs: fix.atMs }, nowMs)
    }
    const pose = glide.pose(nowMs)
    if (pose) frames.push({ nowMs, pose, m: distanceM(start, pose) })
  }
  return frames
}

const each = (count: number, stepMs: number, mps: number, lagMs = 100) =>
  Array.from({ length: count }, (_, i) => ({
    atMs: i * stepMs,
    arriveMs: i * stepMs + lagMs,
    m: (i * stepMs * mps) / 1_000,
  }))

describe('Glide', () => {
  test('shows the first fix at once, where it is', () => {
    const glide = new Glide()
    expect(glide.pose(0)).toBeUndefined()
    glide.push({ ...start, fixTimeMs: 1_000, headingDeg: 90, speedMps: 5 }, 1_100)
    expect(glide.pose(1_100)).toMatchObject({ ...start, headingDeg: 90, moving: false })
  })

  test('moves in small steps between fixes, a usual interval and a second behind', () => {
    const frames = play(each(30, 1_000, 10), 29_000)
    const steady = frames.filter(({ nowMs }) => nowMs > 10_000)
    for (const [i, { m }] of steady.entries()) {
      const before = steady[i - 1]
      if (before) expect(Math.abs(m - before.m)).toBeLessThan(0.3)
    }
    const last = steady.at(-1)
    expect(((last?.nowMs ?? 0) / 1_000) * 10 - (last?.m ?? 0)).toBeWithin(15, 30)
  })

  test('never goes back while the rider goes on, however unevenly fixes arrive', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 20, maxLength: 20 })
    fc.assert(
      fc.property(delays, (lags) => {
        const fixes = each(20, 1_000, 10).map((fix, i) => ({ ...fix, arriveMs: fix.atMs + (lags[i] ?? 0) }))
        const frames = play(fixes, 30_000)
        for (const [i, { m }] of frames.entries()) expect(m).toBeGreaterThanOrEqual((frames[i - 1]?.m ?? 0) - 0.01)
      }),
      { numRuns: 40 },
    )
  })

  test('rests on the last fix when no more come', () => {
    const frames = play(each(5, 1_000, 10), 30_000)
    expect(frames.at(-1)?.m).toBeCloseTo(40, 1)
    expect(frames.at(-1)?.pose.moving).toBe(false)
  })

  test('ignores a fix that is not later than the last', () => {
    const glide = new Glide()
    glide.push({ ...east(50), fixTimeMs: 5_000 }, 5_100)
    glide.push({ ...east(0), fixTimeMs: 4_000 }, 5_200)
    glide.push({ ...east(0), fixTimeMs: 5_000 }, 5_300)
    expect(distanceM(start, glide.pose(20_000) ?? start)).toBeCloseTo(50, 1)
  })

  test('jumps over more than 250 m instead of flying over roofs', () => {
    const frames = play(
      [
        { atMs: 0, arriveMs: 100, m: 0 },
        { atMs: 1_000, arriveMs: 1_100, m: 10 },
        { atMs: 5_000, arriveMs: 5_100, m: 400 },
      ],
      30_000,
    )
    expect(frames.filter(({ m }) => m > 11 && m < 399)).toEqual([])
    expect(frames.at(-1)?.m).toBeCloseTo(400, 1)
  })

  test('does not replay a silence of a minute: it waits, then fades to the new place', () => {
    const fixes = [...each(10, 1_000, 10), { atMs: 69_000, arriveMs: 69_100, m: 320 }]
    const frames = play(fixes, 90_000)
    expect(frames.filter(({ m }) => m > 91 && m < 319)).toEqual([])
    const faded = frames.filter(({ pose }) => pose.opacity < 1).map(({ nowMs }) => nowMs)
    expect(faded[0]).toBeWithin(69_100, 69_200)
    expect((faded.at(-1) ?? 0) - (faded[0] ?? 0)).toBeWithin(250, 301)
  })

  test('covers what little way was made in a silence, without a hurry that no vehicle knows', () => {
    const frames = play([...each(10, 1_000, 10), { atMs: 69_000, arriveMs: 69_100, m: 160 }], 90_000)
    const moving = frames.filter(({ nowMs, m }) => nowMs > 60_000 && m > 91 && m < 159)
    const tookS = ((moving.at(-1)?.nowMs ?? 0) - (moving[0]?.nowMs ?? 0)) / 1_000
    expect(tookS).toBeWithin(2, 4)
    expect(frames.every(({ pose }) => pose.opacity === 1)).toBe(true)
  })

  test('a skip shows the newest fix at once', () => {
    const glide = new Glide()
    glide.push({ ...east(0), fixTimeMs: 0 }, 100)
    glide.pose(100)
    glide.push({ ...east(100), fixTimeMs: 5_000 }, 5_100)
    glide.skip()
    expect(distanceM(start, glide.pose(5_100) ?? start)).toBeCloseTo(100, 1)
  })

  test('turns by the shortest arc, through north', () => {
    const glide = new Glide()
    glide.push({ ...start, fixTimeMs: 0, headingDeg: 350, speedMps: 5 }, 0)
    expect(glide.pose(0)?.headingDeg).toBe(350)
    glide.push({ ...start, fixTimeMs: 1_000, headingDeg: 10, speedMps: 5 }, 1_000)
    const seen: number[] = []
    for (let nowMs = 1_000; nowMs < 8_000; nowMs += frameMs) seen.push(glide.pose(nowMs)?.headingDeg ?? -1)
    expect(seen.every((heading) => heading >= 349.9 || heading <= 10.1)).toBe(true)
    expect(seen.at(-1)).toBeCloseTo(10, 0)
  })

  test('keeps its heading while the rider stands', () => {
    const glide = new Glide()
    glide.push({ ...start, fixTimeMs: 0, headingDeg: 90, speedMps: 5 }, 0)
    glide.pose(0)
    glide.push({ ...start, fixTimeMs: 1_000, headingDeg: 270, speedMps: 0.2 }, 1_000)
    expect(glide.pose(9_000)?.headingDeg).toBe(90)
  })

  test('follows the bends of the road when both fixes lie on it', () => {
    const corner = east(100)
    const line = lineOf([start, corner, moved(corner, 0, 100)])
    const glide = new Glide()
    glide.push({ ...start, fixTimeMs: 0, alongM: 0, line }, 0)
    glide.pose(0)
    glide.push({ ...moved(corner, 0, 100), fixTimeMs: 4_000, alongM: 200, line }, 4_000)
    let nearestM = Number.POSITIVE_INFINITY
    for (let nowMs = 0; nowMs < 20_000; nowMs += frameMs) {
      nearestM = Math.min(nearestM, distanceM(corner, glide.pose(nowMs) ?? start))
    }
    expect(nearestM).toBeLessThan(1.5)
  })

  test('holds on the road instead of creeping back by less than GPS noise', () => {
    const line = lineOf([start, east(1_000)])
    const glide = new Glide()
    glide.push({ ...east(100), fixTimeMs: 0, alongM: 100, line }, 0)
    glide.pose(0)
    glide.push({ ...east(80), fixTimeMs: 1_000, alongM: 80, line }, 1_000)
    for (let nowMs = 0; nowMs < 9_000; nowMs += frameMs) expect(glide.pose(nowMs)?.alongM).toBeCloseTo(100, 3)
  })
})
