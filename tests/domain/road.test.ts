import { describe, expect, test } from 'bun:test'
import { NO_PACE } from '../../src/domain/pace'
import { advanceRoad, enterRoad, estimateRoad, nearnessOf, preparedOf, type Road } from '../../src/domain/road'
import { lineThrough, orderTo } from '../support/way'
import { last, type Metres, place, readingsAlong, START_MS } from './generated-ride'

const LINE: Metres[] = [
  [0, 0],
  [3_000, 0],
]
const order = orderTo([3_000, 0])
const placesAlong = (line: Metres[], mps = 8, fromMs = START_MS) =>
  readingsAlong(line, mps, 5, fromMs).map((reading) => ({
    at: 1,
    deviceTimeMs: reading.timeMs,
    receivedMs: reading.timeMs,
    ...reading,
  }))

function enter(
  at: Metres = [0, 0],
  via: Metres[] = [],
  before?: Road,
  source: Road['source'] = 'engine',
  line = LINE,
): Road {
  const [here] = placesAlong([at, at], 8, before === undefined ? START_MS : before.progress.timeMs + 5_000)
  if (here === undefined) throw new Error('no place')
  return enterRoad(before, source, lineThrough(...line), order, via.map(place), here, NO_PACE)
}

const go = (road: Road, line: Metres[], mps = 8) =>
  placesAlong(line, mps, road.progress.timeMs + 5_000).reduce(advanceRoad, road)

describe('a road', () => {
  test('tells how far along it a rider is and how near its end', () => {
    const road = go(enter(), [
      [40, 0],
      [1_000, 0],
    ])
    expect(road.progress.alongM).toBeWithin(980, 1_020)
    const { leftM, straightM, timeMs } = nearnessOf(preparedOf(road).route, road.progress)
    expect([leftM, straightM]).toEqual([expect.closeTo(2_000, -2), expect.closeTo(2_000, -2)])
    expect(timeMs).toBe(road.progress.timeMs)
  })

  test('goes on the same after it went through JSON, before and after each fix', () => {
    const stops: Metres[] = [[1_500, 0]]
    const places = placesAlong(
      [
        [40, 0],
        [2_500, 10],
      ],
      7,
      START_MS + 5_000,
    )
    const kept = places.reduce(advanceRoad, enter([0, 0], stops))
    const saved = places.reduce(
      (road, here) => advanceRoad(JSON.parse(JSON.stringify(road)), here),
      enter([0, 0], stops),
    )
    expect(saved).toEqual(kept)
    expect(estimateRoad(saved)).toEqual(estimateRoad(kept))
  })

  test('that is the second of a trip keeps the pace that the first showed', () => {
    const slow = go(
      enter(),
      [
        [20, 0],
        [1_600, 0],
      ],
      3,
    )
    const anew = enter([1_600, 0], [], undefined, 'engine', [[1_500, 0], ...LINE.slice(1)])
    const after = enter([1_600, 0], [], slow, 'engine', [[1_500, 0], ...LINE.slice(1)])
    expect(after.eta.elapsedS).toBe(slow.eta.elapsedS)
    expect(estimateRoad(after).remainingS).toBeGreaterThan(1.2 * estimateRoad(anew).remainingS)
  })

  test('from an engine keeps how often was asked; a caller’s, which begins another leg, does not', () => {
    const first = enter()
    const left = { ...first, progress: { ...first.progress, asks: 3, askedMs: START_MS, routeId: 'another' } }
    expect(enter([0, 0], [], left).progress).toMatchObject({ asks: 3, askedMs: START_MS })
    expect(enter([0, 0], [], left, 'caller').progress).toMatchObject({ asks: 0 })
  })

  test('marks where the rider was every 20 s, at most 400 times', () => {
    const road = go(enter(), [
      [40, 0],
      [1_000, 0],
    ])
    const gaps = road.marks.slice(1).map(({ timeMs }, i) => timeMs - (road.marks[i]?.timeMs ?? 0))
    expect(new Set(gaps)).toEqual(new Set([20_000]))
    const long = go(
      enter(),
      [
        [0, 0],
        [2_900, 0],
      ],
      0.3,
    )
    expect(long.marks.length).toBe(400)
    expect(last(long.marks).timeMs).toBeGreaterThan(long.progress.timeMs - 20_000)
  })

  test('begins its marks anew after the rider left it, or stood at a planned stop', () => {
    const before = go(enter(), [
      [40, 0],
      [1_000, 0],
    ])
    expect(before.marks.length).toBeGreaterThan(4)
    const away = go(before, [
      [1_000, 40],
      [1_000, 600],
    ])
    expect(away.progress.offRoute).toBe(true)
    expect(away.marks).toEqual([])
    const back = go(away, [
      [1_200, 0],
      [1_500, 0],
    ])
    expect(back.progress.offRoute).toBe(false)
    expect(back.marks[0]?.alongM).toBeGreaterThan(1_100)

    const withStop = go(enter([0, 0], [[1_000, 0]]), [
      [40, 0],
      [1_000, 0],
    ])
    const stood = placesAlong(
      Array.from({ length: 12 }, () => [1_000, 0] as const),
      8,
      withStop.progress.timeMs + 5_000,
    )
      .map((here, i) => ({ ...here, ...place([1_000, 0]), timeMs: withStop.progress.timeMs + 5_000 * (i + 1) }))
      .concat(
        Array.from({ length: 12 }, (_, i) => ({
          at: 1,
          deviceTimeMs: 0,
          receivedMs: 0,
          ...place([1_000, 0]),
          timeMs: withStop.progress.timeMs + 10_000 * (i + 2),
        })),
      )
      .reduce(advanceRoad, withStop)
    expect(stood.eta.atStop).toBe(true)
    expect(stood.marks).toEqual([])
  })

  test('that cannot be read is an error', () => {
    const [here] = placesAlong([
      [0, 0],
      [0, 0],
    ])
    if (here === undefined) throw new Error('no place')
    for (const bad of [
      { polyline: '\u0001', precision: 6 },
      { ...lineThrough(...LINE), segmentS: [1, 2, 3] },
    ]) {
      expect(() => enterRoad(undefined, 'engine', bad, order, [], here, NO_PACE)).toThrow(RangeError)
    }
  })
})
