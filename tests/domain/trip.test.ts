import { describe, expect, test } from 'bun:test'
import { distanceM } from '../../src/domain/geo'
import { learnTrip, NO_PACE, type PaceTable } from '../../src/domain/pace'
import { planOf } from '../../src/domain/plan'
import { DETOUR_FACTOR } from '../../src/domain/progress'
import { lineOf } from '../../src/domain/trip'
import { lineThrough, orderTo, Way, WITH_ENGINE } from '../support/way'
import { last, type Metres, place } from './generated-ride'

const DROP: Metres = [3_000, 0]
const STREET: Metres[] = [[0, 0], DROP]
const FIRST: Metres[] = [
  [0, 0],
  [400, 0],
]
const OTHER: Metres = [1_000, 500]

describe('without a drop', () => {
  test('there is no trip, and none any more when the drop is taken back', () => {
    const { drop: _, ...nowhere } = orderTo(DROP)
    expect(new Way(nowhere).ride(FIRST).trip).toBeUndefined()
    const way = new Way(orderTo(DROP)).ride(FIRST)
    way.order = nowhere
    expect(way.ride(FIRST).trip).toBeUndefined()
  })
})

describe('without a line', () => {
  test('the way is straight to what is left, longer by the usual detour', () => {
    const way = new Way(orderTo(DROP, {}, { before: [place(OTHER)] })).ride(FIRST)
    const straightM = distanceM(place([400, 0]), place(OTHER)) + distanceM(place(OTHER), place(DROP))
    expect(way.now.leftM).toBeCloseTo(DETOUR_FACTOR * straightM, -1)
    expect(lineOf(way.now)).toBeUndefined()
    expect(way.now.visited).toBe(0)
  })

  test('a stop is done once the rider was near it, and never again', () => {
    const way = new Way(orderTo(DROP, {}, { before: [place(OTHER)] })).ride([[0, 0], OTHER, [600, 0]])
    expect(way.now.visited).toBe(1)
    expect(way.now.leftM).toBeCloseTo(DETOUR_FACTOR * 2_400, -2)
  })

  test('nobody is asked for a route where there is no engine', () => {
    expect(new Way(orderTo(DROP)).ride(STREET).requests).toEqual([])
  })

  test('an engine without an answer is asked again, each time after twice as long', () => {
    const way = new Way(orderTo([9_000, 0]), WITH_ENGINE)
    const askedS: number[] = []
    for (let s = 0; s < 600; s += 5) {
      way.ride(
        [
          [8 * s, 0],
          [8 * s + 39, 0],
        ],
        8,
      )
      if (way.requests.length > askedS.length) askedS.push(s)
    }
    expect(askedS).toEqual([0, 20, 60, 140, 300])
    expect(way.now.asks).toBe(5)
  })

  test('arrival is told by the straight line', () => {
    const way = new Way(orderTo(DROP)).ride(STREET).stand(DROP, 20)
    expect(way.now.arrival.stage).toBe('arrived')
    expect(way.finished).toEqual([])
  })

  test('a finite arrival is shown from the first fix on, never before the fix', () => {
    const way = new Way(orderTo(DROP)).ride(FIRST)
    const { arrivalMs, earliestMs, latestMs } = way.now.shown
    expect(earliestMs).toBeLessThan(arrivalMs)
    expect(latestMs).toBeGreaterThan(arrivalMs)
    expect(way.shownS).toBeGreaterThan(0)
  })
})

describe('a request', () => {
  test('says from where, by what, with what', () => {
    const way = new Way(orderTo(DROP, {}, { before: [place(OTHER)] }), WITH_ENGINE).ride(FIRST)
    expect(way.requests[0]).toEqual({
      plan: planOf(way.order)?.key ?? '',
      from: expect.objectContaining({ lat: expect.any(Number) }),
      via: [place(OTHER)],
      to: place(DROP),
      vehicle: 'motorbike',
    })
  })

  test('does not lead back to a stop that is done', () => {
    const way = new Way(orderTo(DROP, {}, { before: [place(OTHER)] }), WITH_ENGINE)
    way.ride([[0, 0], OTHER, [2_000, 500]])
    const stopsLeft = way.requests.map(({ via }) => via.length)
    expect(stopsLeft).toEqual(stopsLeft.toSorted().toReversed())
    expect([stopsLeft[0], last(stopsLeft)]).toEqual([1, 0])
  })

  test('after leaving the road does not lead back either', () => {
    const way = new Way(orderTo(DROP, {}, { before: [place([1_000, 0])] }), WITH_ENGINE).ride(FIRST)
    expect(way.answer(lineThrough([0, 0], [1_000, 0], DROP))).toBe(true)
    // At the stop, and on from it by another street than the line's.
    way.ride([
      [400, 0],
      [1_000, 0],
      [1_000, 900],
    ])
    expect(way.now.road?.progress.offRoute).toBe(true)
    expect(last(way.requests)).toMatchObject({ via: [], to: place(DROP) })
    expect(way.answer(lineThrough([1_000, 900], DROP))).toBe(true)
    expect(way.now.road?.stops).toEqual([])
  })
})

describe('on an engine’s line', () => {
  const onLine = () => {
    const way = new Way(orderTo(DROP), WITH_ENGINE).ride(FIRST)
    way.answer(lineThrough(...STREET))
    way.requests.length = 0
    return way
  }

  test('the way that is left is the line’s', () => {
    const way = onLine().ride([
      [440, 0],
      [1_500, 0],
    ])
    expect(way.now.leftM).toBeWithin(1_470, 1_560)
    expect(lineOf(way.now)?.polyline).toBe(lineThrough(...STREET).polyline)
    expect(way.now.road?.source).toBe('engine')
    expect(way.requests).toEqual([])
  })

  test('an answer for another plan changes nothing', () => {
    const way = new Way(orderTo(DROP), WITH_ENGINE).ride(FIRST)
    expect(way.answer(lineThrough(...STREET), 'another plan')).toBe(false)
    const asked = planOf(way.order)?.key
    way.order = { ...way.order, before: [place(OTHER)] }
    // The order has changed, the trip not yet.
    expect(way.answer(lineThrough(...STREET), asked)).toBe(false)
    expect(way.now.road).toBeUndefined()
  })

  test('an answer that cannot be read is an error, and the trip stays as it was', () => {
    const way = new Way(orderTo(DROP), WITH_ENGINE).ride(FIRST)
    const before = way.trip
    expect(() => way.answer({ polyline: '\u0001', precision: 6 })).toThrow(RangeError)
    expect(way.trip).toBe(before as NonNullable<typeof before>)
  })

  test('another plan takes the line away and asks for another one', () => {
    const way = onLine()
    way.order = { ...way.order, before: [place(OTHER)] }
    way.ride([
      [440, 0],
      [480, 0],
    ])
    expect(way.now.road).toBeUndefined()
    expect(way.requests.map(({ via }) => via)).toEqual([[place(OTHER)]])
  })

  test('whoever leaves it is asked about anew, with growing patience also over the lines that follow', () => {
    const way = onLine().ride([
      [440, 0],
      [1_000, 0],
      [1_000, 900],
    ])
    expect(lineOf(way.now)).toBeUndefined()
    const { asks } = way.now.road?.progress ?? { asks: 0 }
    expect(asks).toBe(way.requests.length)
    expect(asks).toBeGreaterThan(0)
    way.answer(lineThrough([1_000, 900], [2_000, 900], DROP))
    expect(lineOf(way.now)).toBeDefined()
    expect(way.now.road?.progress.asks).toBe(asks)
    way.ride([
      [1_000, 940],
      [1_000, 3_000],
    ])
    // 260 s away without an answer.
    expect(way.requests.length - asks).toBeWithin(1, 4)
  })

  test('no route for a place off every street: the same line again does not put the rider on it', () => {
    const way = onLine().ride([
      [440, 0],
      [1_000, 0],
      [1_000, 900],
    ])
    way.answer(lineThrough(...STREET))
    expect(way.now.road?.progress.offRoute).toBe(true)
    expect(lineOf(way.now)).toBeUndefined()
  })

  test('what the trip showed of its pace counts on', () => {
    const way = new Way(orderTo([9_000, 0]), WITH_ENGINE).ride(FIRST)
    way.answer(lineThrough([0, 0], [9_000, 0]))
    way.ride(
      [
        [400, 0],
        [1_600, 0],
      ],
      2,
    )
    const slow = way.now.road?.eta.elapsedS
    way.answer(lineThrough([1_600, 0], [9_000, 0]))
    expect(way.now.road?.eta.elapsedS).toBe(slow as number)
  })

  test('an arrival teaches once, from where the line was ridden in one go', () => {
    const way = onLine()
      .ride([[440, 0], DROP])
      .stand(DROP, 30)
    expect(way.now.arrival.stage).toBe('arrived')
    expect(way.finished.length).toBe(1)
    expect(way.finished[0]).toMatchObject({ vehicle: 'motorbike' })
    const { marks } = way.finished[0] as (typeof way.finished)[number]
    expect(last(marks).alongM - (marks[0]?.alongM ?? 0)).toBeGreaterThan(2_000)
    // Round the block and back to the door.
    way.ride([DROP, [2_800, 0], DROP]).stand(DROP, 30)
    expect(way.finished.slice(1).flatMap(({ marks: again }) => again).length).toBeLessThan(5)
  })

  test('an arrival that comes as a backlog is not announced', () => {
    const way = onLine()
    way.delayMs = 60_000
    way.ride([[440, 0], DROP]).stand(DROP, 30)
    expect(way.now.arrival.stage).toBeUndefined()
    way.delayMs = 200
    way.stand(DROP, 30)
    expect(way.now.arrival.stage).toBe('arrived')
  })
})

describe('the caller’s line', () => {
  const pickup = place([500, 0])
  const route = lineThrough([500, 0], [1_500, 0], DROP)
  const assigned = orderTo(DROP, { pickup, route }, { status: 'assigned' })
  const pickedUp = { ...assigned, status: 'picked_up' as const }

  test('holds from the pickup on', () => {
    const way = new Way(assigned).ride(FIRST)
    expect(way.now.road).toBeUndefined()
    way.order = pickedUp
    way.ride([
      [500, 0],
      [800, 0],
    ])
    expect(way.now.road).toMatchObject({ source: 'caller', route })
    expect(way.now.leftM).toBeWithin(2_170, 2_260)
    expect(lineOf(way.now)?.polyline).toBe(route.polyline)
  })

  test('is used without asking an engine, until the rider leaves it', () => {
    const way = new Way(pickedUp, WITH_ENGINE).ride([
      [500, 0],
      [1_000, 0],
    ])
    expect(way.requests).toEqual([])
    way.ride([
      [1_000, 0],
      [1_000, 900],
    ])
    expect(way.requests.length).toBeGreaterThan(0)
    way.answer(lineThrough([1_000, 900], DROP))
    expect(way.now.road?.source).toBe('engine')
  })

  test('is not used while others’ stops come first', () => {
    const way = new Way({ ...pickedUp, before: [place(OTHER)] }).ride(FIRST)
    expect(way.now.road).toBeUndefined()
    way.order = pickedUp
    way.ride([
      [500, 0],
      [800, 0],
    ])
    expect(way.now.road?.source).toBe('caller')
  })

  test('is not used when it cannot be read or ends elsewhere', () => {
    for (const bad of [{ polyline: '\u0001', precision: 6 }, lineThrough([500, 0], [3_000, 900])]) {
      const way = new Way({ ...pickedUp, route: bad }).ride(FIRST)
      expect(way.now.road).toBeUndefined()
      expect(way.now.leftM).toBeGreaterThan(2_600)
    }
  })

  test('keeps the pace that the engine’s line to the pickup showed', () => {
    const way = new Way(assigned, WITH_ENGINE).ride(FIRST)
    way.answer(lineThrough([0, 0], [500, 0], DROP))
    way.ride(
      [
        [400, 0],
        [500, 0],
      ],
      1,
    )
    const { elapsedS } = way.now.road?.eta ?? { elapsedS: -1 }
    way.order = pickedUp
    way.ride([
      [505, 0],
      [506, 0],
    ])
    expect(way.now.road).toMatchObject({ source: 'caller', eta: { elapsedS } })
  })
})

describe('learned pace', () => {
  test('is what lines and straight ways are foretold by', () => {
    const teacher = new Way(orderTo(DROP), WITH_ENGINE).ride(FIRST, 3)
    teacher.answer(lineThrough(...STREET))
    teacher.ride([[400, 0], DROP], 3).stand(DROP, 20)
    const [trip] = teacher.finished
    if (trip === undefined) throw new Error('nothing was learned')
    let pace: PaceTable = NO_PACE
    for (let i = 0; i < 5; i++) pace = learnTrip(pace, trip)
    const shownBy = (known: PaceTable, line: boolean) => {
      const way = new Way(orderTo(DROP), { pace: known, hasEngine: true }).ride(FIRST)
      if (line) way.answer(lineThrough(...STREET))
      return line ? (way.now.road?.prior.source ?? '') : way.shownS
    }
    expect(shownBy(pace, true)).toBe('learned')
    expect(shownBy(NO_PACE, true)).toBe('table')
    // 2.6 km, longer by a third, at 3 m/s.
    expect(shownBy(pace, false)).toBeGreaterThan(1.4 * (shownBy(NO_PACE, false) as number))
  })
})
