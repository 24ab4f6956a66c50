import { expect, test } from 'bun:test'
import { stopsAlong } from '../../src/domain/stops-along'
import { type Metres, place, routeOf } from './generated-ride'

const alongOf = (line: Metres[], stops: Metres[]) =>
  stopsAlong(routeOf(...line), stops.map(place)).map(({ alongM }) => Math.round(alongM / 10) * 10)

test('stops lie at their nearest place on the route', () => {
  const line: Metres[] = [
    [0, 0],
    [2_000, 0],
  ]
  expect(alongOf(line, [[500, 30]])).toEqual([500])
  expect(alongOf(line, [])).toEqual([])
})

test('a route that passes a place twice has its stops in sequence', () => {
  const thereAndBack: Metres[] = [
    [0, 0],
    [1_000, 0],
    [0, 0],
  ]
  const stops: Metres[] = [
    [1_000, 20],
    [400, 0],
  ]
  expect(alongOf(thereAndBack, stops)).toEqual([1_000, 1_600])
  expect(alongOf(thereAndBack, stops.toReversed())).toEqual([400, 1_000])
})

test('a stop that the route passes before the one in front of it is done at once after that', () => {
  const line: Metres[] = [
    [0, 0],
    [2_000, 0],
  ]
  expect(
    alongOf(line, [
      [1_500, 0],
      [300, 0],
      [1_800, 0],
    ]),
  ).toEqual([1_500, 1_500, 1_800])
})

test('stops beyond the ends are at the ends', () => {
  const line: Metres[] = [
    [0, 0],
    [1_000, 0],
  ]
  expect(
    alongOf(line, [
      [-400, 0],
      [1_400, 0],
    ]),
  ).toEqual([0, 1_000])
})
