import { describe, expect, test } from 'bun:test'
import {
  MAX_PAUSE_MS,
  MAX_REPLAY_MPS,
  placeOnPath,
  pointMoments,
  type TimedPath,
  timePath,
} from '../../cli/simulate/timed-path'
import { destination, distanceM } from '../../src/domain/geo'

const start = { lat: 47.14, lng: 9.52 }
/** A point every 10 m and second, eastward. */
const ride = (seconds: number) =>
  Array.from({ length: seconds + 1 }, (_, i) => ({ ...destination(start, 90, i * 10), timeMs: 1_000 * i + 5_000 }))
const asRecorded = { speed: 1, spacingMs: 1_000 }

describe('timePath', () => {
  test('keeps recorded times, from 0 on, and divides them by the speed', () => {
    expect(timePath(ride(60), asRecorded)?.durationMs).toBe(60_000)
    const fast = timePath(ride(60), { ...asRecorded, speed: 3 })
    expect(fast?.durationMs).toBeCloseTo(20_000)
    expect(fast?.slowed).toBe(0)
  })

  test('gives points without times the spacing', () => {
    const path = timePath(
      ride(10).map(({ lat, lng }) => ({ lat, lng })),
      { speed: 4, spacingMs: 2_000 },
    )
    expect(path?.points.map((point) => point.offsetMs)).toEqual(Array.from({ length: 11 }, (_, i) => i * 2_000))
  })

  test('leaves out repeated and backward times and 0°, 0°', () => {
    const points = ride(5)
    points.splice(3, 0, { ...(points[2] as (typeof points)[0]) }, { lat: 0, lng: 0, timeMs: 7_500 })
    points.push({ ...start, timeMs: 5_100 })
    expect(timePath(points, asRecorded)).toMatchObject({ leftOut: 3, durationMs: 5_000 })
  })

  test('one and the same time for all, or a time for a few, counts as none', () => {
    const same = ride(10).map((point) => ({ ...point, timeMs: 1_000 }))
    const few = ride(10).map(({ lat, lng, timeMs }, i) => (i < 3 ? { lat, lng, timeMs } : { lat, lng }))
    for (const points of [same, few]) {
      expect(timePath(points, asRecorded)).toMatchObject({ durationMs: 10_000, leftOut: 0 })
    }
  })

  test('no stretch is faster than the tracker believes', () => {
    const path = timePath(ride(10), { ...asRecorded, speed: 100 }) as TimedPath
    expect(path.slowed).toBe(10)
    for (let ms = 0; ms + 100 <= path.durationMs; ms += 100) {
      expect(distanceM(placeOnPath(path, ms), placeOnPath(path, ms + 100)) * 10).toBeLessThan(MAX_REPLAY_MPS * 1.01)
    }
  })

  test('cuts a long pause short', () => {
    const points = ride(2)
    points.push({ ...destination(start, 90, 30), timeMs: 3_600_000 })
    expect(timePath(points, asRecorded)).toMatchObject({ durationMs: 2_000 + MAX_PAUSE_MS, shortened: 1 })
  })

  test('one usable point is no path', () => {
    expect(timePath(ride(0), asRecorded)).toBeUndefined()
    expect(timePath([{ lat: 0, lng: 0 }, start], asRecorded)).toBeUndefined()
  })
})

describe('placeOnPath', () => {
  const path = timePath(ride(60), asRecorded) as TimedPath

  test('lies between the recorded points', () => {
    const place = placeOnPath(path, 12_500)
    expect(distanceM(place, destination(start, 90, 125))).toBeLessThan(0.5)
    expect(place.speedMps).toBeCloseTo(10, 1)
    expect(place.headingDeg).toBeCloseTo(90, 0)
  })

  test('turns round at either end instead of leaping back', () => {
    expect(placeOnPath(path, 61_000).headingDeg).toBeCloseTo(270, 0)
    let before = placeOnPath(path, 0)
    for (let ms = 500; ms < 300_000; ms += 500) {
      const now = placeOnPath(path, ms)
      expect(distanceM(before, now)).toBeLessThan(5.1)
      before = now
    }
  })

  test('crosses the 180th meridian the short way', () => {
    const across = timePath(
      [
        { lat: 0.5, lng: 179.9999 },
        { lat: 0.5, lng: -179.9999 },
      ],
      asRecorded,
    ) as TimedPath
    expect(Math.abs(placeOnPath(across, 500).lng)).toBeGreaterThan(179.99)
  })
})

test('pointMoments names every recorded point there and back, without end', () => {
  const path = timePath(ride(3), asRecorded) as TimedPath
  const moments = pointMoments(path, 1_500)
  expect(Array.from({ length: 9 }, () => moments.next().value)).toEqual([
    2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000,
  ])
})
