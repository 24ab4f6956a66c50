import { describe, expect, test } from 'bun:test'
import {
  choosePrior,
  type FinishedTrip,
  learnedPrior,
  learnTrip,
  NO_PACE,
  type PaceTable,
} from '../../src/domain/pace.ts'
import type { Route } from '../../src/domain/route.ts'
import { hourOfWeek, layTimetable, lengthFactor, tablePrior } from '../../src/domain/timetable.ts'
import { type Metres, routeOf, START_MS } from './generated-ride.ts'

const LINE: Metres[] = [
  [0, 0],
  [4000, 0],
]
const NOON = 12
const EVENING = 17

/** A trip along the whole route, at `mps(alongM)`. */
function trip(route: Route, mps: (alongM: number) => number, hour = NOON): FinishedTrip {
  const marks: { alongM: number; timeMs: number }[] = []
  let timeMs = START_MS
  for (let alongM = 0; alongM < route.lengthM; alongM += 50) {
    marks.push({ alongM, timeMs })
    timeMs += (50 / mps(alongM)) * 1000
  }
  return { vehicle: 'motorbike', hour, route, marks }
}

function learn(trips: readonly FinishedTrip[], from: PaceTable = NO_PACE): PaceTable {
  return trips.reduce(learnTrip, from)
}

function totalS(table: PaceTable, route: Route, hour = NOON): number {
  const prior = learnedPrior(table, route, 'motorbike', hour)
  return prior === undefined ? Number.NaN : (layTimetable(route, prior).cumS.at(-1) ?? Number.NaN)
}

describe('learnTrip', () => {
  const route = routeOf(...LINE)

  test('says nothing before three trips, then what they took', () => {
    const trips = Array.from({ length: 3 }, () => trip(route, () => 8))
    expect(learnedPrior(learn(trips.slice(0, 2)), route, 'motorbike', NOON)).toBeUndefined()
    expect(totalS(learn(trips), route)).toBeCloseTo(500, -1.5)
    expect(learnedPrior(learn(trips), route, 'bicycle', NOON)).toBeUndefined()
  })

  test('learns where it is slow', () => {
    const table = learn(Array.from({ length: 10 }, () => trip(route, (alongM) => (alongM < 2000 ? 4 : 12))))
    const slow = totalS(table, routeOf([0, 0], [2000, 0]))
    const fast = totalS(table, routeOf([2000, 0], [4000, 0]))
    expect(slow / fast).toBeGreaterThan(2)
  })

  test('learns when it is slow', () => {
    const trips = Array.from({ length: 20 }, (_, i) => trip(route, () => (i % 2 ? 5 : 10), i % 2 ? EVENING : NOON))
    const table = learn(trips)
    expect(totalS(table, route, EVENING) / totalS(table, route, NOON)).toBeGreaterThan(1.3)
  })

  test('knows how much trips differ', () => {
    const alike = learn(Array.from({ length: 20 }, () => trip(route, () => 8)))
    const unlike = learn(Array.from({ length: 20 }, (_, i) => trip(route, () => (i % 2 ? 5 : 12))))
    const spread = (table: PaceTable) => learnedPrior(table, route, 'motorbike', NOON)?.spread ?? Number.NaN
    expect(spread(alike)).toBeLessThan(0.12)
    expect(spread(unlike)).toBeGreaterThan(0.3)
  })

  test('one absurd trip among twenty moves it little, and trips that teach nothing leave it as it is', () => {
    const table = learn(Array.from({ length: 20 }, () => trip(route, () => 8)))
    expect(totalS(learn([trip(route, () => 1)], table), route) / totalS(table, route)).toBeLessThan(1.4)
    expect(learn([trip(routeOf([0, 0], [200, 0]), () => 8)], table)).toBe(table)
    expect(learn([{ ...trip(route, () => 8), marks: [] }], table)).toBe(table)
    expect(learn([trip(route, () => 0.1)], table)).toBe(table)
  })

  test('is plain JSON, and does not write to the table it is given', () => {
    const table = learn(Array.from({ length: 5 }, () => trip(route, () => 8)))
    const text = JSON.stringify(table)
    const saved = JSON.parse(text) as PaceTable
    const more = trip(route, () => 6)
    expect(JSON.stringify(learnTrip(saved, more))).toBe(JSON.stringify(learnTrip(table, more)))
    expect(JSON.stringify(table)).toBe(text)
  })

  test('keeps a bounded number of squares', () => {
    const far: Metres[] = Array.from({ length: 200 }, (_, i) => [i % 2 ? 300_000 : 0, i * 600])
    const wide = trip(routeOf(...far), () => 20)
    const cells = learn([wide]).vehicles.motorbike?.cells ?? {}
    expect(Object.keys(cells).length).toBeLessThanOrEqual(5000)
    expect(Object.keys(cells).length).toBeGreaterThan(4000)
  })
})

describe('choosePrior', () => {
  test('learned before engine before table', () => {
    const route = routeOf(...LINE)
    const withEngine = { ...route, segmentS: [480] }
    const table = learn(Array.from({ length: 3 }, () => trip(route, () => 8)))
    expect(choosePrior(table, withEngine, 'motorbike', NOON).source).toBe('learned')
    expect(choosePrior(NO_PACE, withEngine, 'motorbike', NOON).source).toBe('engine')
    expect(choosePrior(NO_PACE, route, 'motorbike', NOON).source).toBe('table')
  })
})

describe('the table', () => {
  test('knows the rush of working days', () => {
    const pace = (hour: number) => tablePrior('car', hour, 4000).paceSpm
    expect(pace(8)).toBeGreaterThan(pace(12))
    expect(pace(5 * 24 + 8)).toBe(pace(12))
  })

  test('longer ways are faster, within bounds, but not on foot', () => {
    expect(lengthFactor(4000)).toBe(1)
    expect(lengthFactor(1000)).toBeGreaterThan(1.1)
    expect(lengthFactor(0)).toBe(1.35)
    expect(lengthFactor(1e9)).toBe(0.65)
    expect(tablePrior('foot', NOON, 1000).paceSpm).toBe(tablePrior('foot', NOON, 20_000).paceSpm)
  })

  test.each([
    // 1970-01-01 was a Thursday, 2025-10-13 a Monday.
    [0, 0, 3 * 24],
    [Date.UTC(2025, 9, 13, 0, 30), 0, 0],
    [Date.UTC(2025, 9, 13, 0, 30), 77.59, 5],
    [Date.UTC(2025, 9, 13, 3, 30), -74, 7 * 24 - 2],
  ])('hourOfWeek(%p, %p) is %p', (timeMs, lng, hour) => {
    expect(hourOfWeek(timeMs, lng)).toBe(hour)
  })
})
