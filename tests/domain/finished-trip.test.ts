import { expect, test } from 'bun:test'
import { finishedTrip } from '../../src/domain/finished-trip.ts'
import { learnedPrior, learnTrip, NO_PACE } from '../../src/domain/pace.ts'
import { layTimetable } from '../../src/domain/timetable.ts'
import { last, lastMs, type Metres, readingsAlong, routeOf, standing } from './generated-ride.ts'

const LINE: Metres[] = [
  [0, 0],
  [3000, 0],
]
const route = routeOf(...LINE)

test('a trail becomes marks that never fall, and teaches the pace it had', () => {
  const before = readingsAlong(
    [
      [0, 0],
      [1500, 0],
    ],
    6,
  )
  const light = standing([1500, 0], 60, lastMs(before) + 5000)
  const after = readingsAlong(
    [
      [1500, 0],
      [3000, 0],
    ],
    6,
    5,
    lastMs(light) + 5000,
  )
  const trip = finishedTrip(route, 'bicycle', [...before, ...light, ...after])
  if (trip === undefined) throw new Error('no trip')
  const places = trip.marks.map(({ alongM }) => alongM)
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(last(places)).toBeGreaterThan(2950)
  const table = [trip, trip, trip].reduce(learnTrip, NO_PACE)
  const prior = learnedPrior(table, route, 'bicycle', trip.hour)
  if (prior === undefined) throw new Error('no prior')
  expect(last([...layTimetable(route, prior).cumS]) / 570).toBeCloseTo(1, 0.7)
})

test('a rider who left the route, or rode back, teaches nothing', () => {
  const away = readingsAlong(
    [
      [0, 0],
      [1000, 0],
      [1000, 900],
    ],
    8,
  )
  const back = readingsAlong(
    [
      [0, 0],
      [2000, 0],
      [1000, 0],
    ],
    8,
  )
  expect(finishedTrip(route, 'bicycle', away)).toBeUndefined()
  expect(finishedTrip(route, 'bicycle', back)).toBeUndefined()
  expect(finishedTrip(route, 'bicycle', [])).toBeUndefined()
})
