import { expect, test } from 'bun:test'
import { type ArrivalState, NO_ARRIVAL, updateArrival } from '../../src/domain/arrival.ts'
import { advance, type Progress, type Reading } from '../../src/domain/progress.ts'
import { nearnessOf } from '../../src/domain/road.ts'
import type { Route } from '../../src/domain/route.ts'
import { lastMs, type Metres, readingsAlong, routeOf, standing } from './generated-ride.ts'

function stages(route: Route, readings: readonly Reading[]): (string | undefined)[] {
  let progress: Progress | undefined
  let state: ArrivalState = NO_ARRIVAL
  return readings.map((reading) => {
    progress = advance(progress, route, reading)
    state = updateArrival(state, nearnessOf(route, progress), reading.accuracyM)
    return state.stage
  })
}

const runs = (values: readonly (string | undefined)[]) =>
  values.filter((value, i) => i === 0 || value !== values[i - 1])

const LINE: Metres[] = [
  [0, 0],
  [2000, 0],
]

test('nearby, arriving, arrived follow each other once', () => {
  const ride = readingsAlong(LINE, 8)
  const parked = standing([2000, 0], 60, lastMs(ride) + 5000)
  expect(runs(stages(routeOf(...LINE), [...ride, ...parked]))).toEqual([undefined, 'nearby', 'arriving', 'arrived'])
})

test('arrived needs two readings or ten seconds', () => {
  const ride = readingsAlong(
    [
      [1700, 0],
      [1990, 0],
    ],
    9.7,
  )
  const seen = stages(routeOf(...LINE), ride)
  expect(seen.at(-1)).toBe('arriving')
})

test('arrived stays while the rider walks about the door, and ends when it leaves', () => {
  const ride = readingsAlong(LINE, 8)
  const about = readingsAlong(
    [
      [2000, 0],
      [1945, 0],
      [2000, 0],
      [1945, 0],
    ],
    1.5,
    5,
    lastMs(ride) + 5000,
  )
  const away = readingsAlong(
    [
      [2000, 0],
      [1000, 0],
    ],
    8,
    5,
    lastMs(about) + 5000,
  )
  const route = routeOf(...LINE)
  expect(stages(route, [...ride, ...about]).at(-1)).toBe('arrived')
  expect(stages(route, [...ride, ...about, ...away]).at(-1)).toBeUndefined()
})

test('a road behind the house is not near: the way that is left counts too', () => {
  const around: Metres[] = [
    [0, 0],
    [1000, 0],
    [1000, 60],
    [0, 60],
    [0, 30],
  ]
  const [first] = stages(routeOf(...around), readingsAlong(around, 8))
  expect(first).toBeUndefined()
})

test('a poor receiver arrives within its own accuracy', () => {
  const ride = readingsAlong(
    [
      [1000, 0],
      [1950, 0],
    ],
    8,
  ).map((reading) => ({ ...reading, accuracyM: 60 }))
  const parked = standing([1945, 0], 30, lastMs(ride) + 5000).map((reading) => ({ ...reading, accuracyM: 60 }))
  expect(stages(routeOf(...LINE), [...ride, ...parked]).at(-1)).toBe('arrived')
})
