import { describe, expect, test } from 'bun:test'
import { createRandom } from '../../cli/riders/random.ts'
import { advance, asksForRoute, type Progress, type Reading, remainingM } from '../../src/domain/progress.ts'
import {
  follow,
  last,
  lastMs,
  type Metres,
  place,
  readingsAlong,
  routeOf,
  START_MS,
  standing,
} from './generated-ride.ts'

const STRAIGHT: Metres[] = [
  [0, 0],
  [5000, 0],
]

function asks(states: readonly Progress[]): number {
  return states.filter((state, i) => asksForRoute(states[i - 1], state)).length
}

describe('on the route', () => {
  test('follows the rider to the end', () => {
    const route = routeOf(...STRAIGHT)
    const states = follow(route, readingsAlong(STRAIGHT, 8))
    expect(last(states).alongM).toBeGreaterThan(4980)
    expect(remainingM(route, last(states))).toBeLessThan(20)
    expect(last(states).travelledM).toBeGreaterThan(4950)
    expect(last(states).speedMps).toBeCloseTo(8, 0)
    expect(asks(states)).toBe(0)
  })

  test('a reading not later than the last changes nothing', () => {
    const route = routeOf(...STRAIGHT)
    const readings = readingsAlong(STRAIGHT, 8).slice(0, 20)
    const state = last(follow(route, readings))
    expect(advance(state, route, last(readings))).toBe(state)
    expect(advance(state, route, { ...place([3000, 0]), timeMs: lastMs(readings) })).toBe(state)
    expect(advance(state, route, { ...place([3000, 0]), timeMs: lastMs(readings) - 1000 })).toBe(state)
  })

  test('another route starts anew and keeps what was travelled', () => {
    const readings = readingsAlong(STRAIGHT, 8).slice(0, 60)
    const before = last(follow(routeOf(...STRAIGHT), readings))
    const other = routeOf([2000, 0], [2400, 0], [2400, 2000])
    const after = advance(before, other, { ...place([2400, 10]), timeMs: lastMs(readings) + 5000 })
    expect(after.routeId).toBe(other.id)
    expect(after.alongM).toBeCloseTo(410, -1)
    expect(after.travelledM).toBe(before.travelledM)
  })
})

describe('off the route', () => {
  /** Turns left after 1 km and rides away. */
  const away: Metres[] = [
    [0, 0],
    [1000, 0],
    [1000, 900],
  ]

  test('off-route: is seen after 50 m, three readings, 15 s and 100 m, holds the place and asks for a route', () => {
    const route = routeOf(...STRAIGHT)
    const states = follow(route, readingsAlong(away, 8))
    const first = states.findIndex(({ offRoute }) => offRoute)
    const offM = first * 40 - 1000
    expect(first).toBeGreaterThan(0)
    expect(offM).toBeGreaterThanOrEqual(100)
    expect(offM).toBeLessThanOrEqual(220)
    expect(asksForRoute(states[first - 1], states[first] as Progress)).toBe(true)
    expect(last(states).offRoute).toBe(true)
    expect(last(states).alongM).toBeLessThan(1100)
    // The straight line back, made longer.
    expect(remainingM(route, last(states))).toBeCloseTo(1.35 * Math.hypot(4000, 880), -2)
  })

  test('asks again with growing patience, never within 20 s', () => {
    const far: Metres[] = [
      [0, 0],
      [1000, 0],
      [1000, 9000],
    ]
    const states = follow(routeOf(...STRAIGHT), readingsAlong(far, 8))
    const times = states.filter((state, i) => asksForRoute(states[i - 1], state)).map(({ timeMs }) => timeMs)
    const gapsS = times.slice(1).map((timeMs, i) => (timeMs - (times[i] as number)) / 1000)
    expect(gapsS.length).toBeGreaterThanOrEqual(3)
    expect(Math.min(...gapsS)).toBeGreaterThanOrEqual(20)
    expect(gapsS).toEqual([...gapsS].sort((a, b) => a - b))
  })

  test('coming back is seen by two readings, further on too', () => {
    const around: Metres[] = [
      [0, 0],
      [1000, 0],
      [1000, 400],
      [3000, 400],
      [3000, 0],
      [4000, 0],
    ]
    const states = follow(routeOf(...STRAIGHT), readingsAlong(around, 8))
    expect(states.some(({ offRoute }) => offRoute)).toBe(true)
    expect(last(states).offRoute).toBe(false)
    expect(last(states).alongM).toBeGreaterThan(3950)
  })

  test.each([30, 40, 50])('parallel road: %p m beside the route is no other way', (besideM) => {
    const random = createRandom(1, `parallel ${besideM}`)
    const beside = readingsAlong(
      [
        [0, besideM],
        [5000, besideM],
      ],
      8,
    ).map((reading) => ({
      ...reading,
      lat: reading.lat + (random.normal() * 5) / 111_195,
    }))
    const states = follow(routeOf(...STRAIGHT), beside)
    expect(states.some(({ offRoute }) => offRoute)).toBe(false)
    expect(last(states).alongM).toBeGreaterThan(4900)
  })

  test('standing far beside the route is not travelling off it', () => {
    const route = routeOf(...STRAIGHT)
    const readings = readingsAlong(
      [
        [0, 0],
        [1000, 0],
      ],
      8,
    )
    const random = createRandom(1, 'yard')
    const yard = standing([1000, 70], 600, lastMs(readings) + 5000).map((reading) => ({
      ...reading,
      lat: reading.lat + (random.normal() * 6) / 111_195,
    }))
    expect(asks(follow(route, [...readings, ...yard]))).toBe(0)
  })
})

describe('going back', () => {
  test('U-turn: three readings that agree lead the place back, and on it goes back with the rider', () => {
    const turned: Metres[] = [
      [0, 0],
      [2000, 0],
      [1200, 0],
    ]
    const states = follow(routeOf(...STRAIGHT), readingsAlong(turned, 8))
    const furthest = Math.max(...states.map(({ alongM }) => alongM))
    expect(furthest).toBeGreaterThan(1950)
    expect(last(states).backward).toBe(true)
    expect(last(states).alongM).toBeCloseTo(1200, -2)
    expect(asks(states)).toBe(0)
  })

  test('after a U-turn and another the rider goes forward again', () => {
    const twice: Metres[] = [
      [0, 0],
      [2000, 0],
      [1200, 0],
      [3000, 0],
    ]
    const states = follow(routeOf(...STRAIGHT), readingsAlong(twice, 8))
    expect(last(states).backward).toBe(false)
    expect(last(states).alongM).toBeGreaterThan(2950)
  })

  test('wrong-way: a rider who leaves against the route is off it', () => {
    const wrong: Metres[] = [
      [0, 0],
      [-1500, 0],
    ]
    const route = routeOf(...STRAIGHT)
    const states = follow(route, readingsAlong(wrong, 8))
    expect(last(states).alongM).toBe(0)
    expect(last(states).offRoute).toBe(true)
    expect(asks(states)).toBeGreaterThanOrEqual(1)
  })

  test('a slip back of one or two readings is not believed', () => {
    const readings = readingsAlong(STRAIGHT, 8).slice(0, 60)
    const slips = readings.map((reading, i) =>
      i === 40 || i === 41 ? { ...reading, lng: reading.lng - 300 / 108_000 } : reading,
    )
    const states = follow(routeOf(...STRAIGHT), slips)
    for (const [i, state] of states.entries()) {
      expect(state.alongM).toBeGreaterThanOrEqual((states[i - 1]?.alongM ?? 0) - 30)
    }
    expect(last(states).alongM).toBeGreaterThan(2300)
  })
})

describe('routes that meet themselves', () => {
  test('loop: a route that ends where it began is ridden from its start to its end', () => {
    const loop: Metres[] = [
      [0, 0],
      [800, 0],
      [800, 800],
      [0, 800],
      [0, 0],
    ]
    const states = follow(routeOf(...loop), readingsAlong(loop, 8))
    expect(states[0]?.alongM).toBeLessThan(30)
    expect(last(states).alongM).toBeGreaterThan(3150)
    expectSteps(states, 8 * 5 + 60)
  })

  test('loop: crossing itself, the place does not take the short cut', () => {
    const eight: Metres[] = [
      [0, 0],
      [1000, 0],
      [1000, 600],
      [500, 600],
      [500, -600],
      [1500, -600],
    ]
    const random = createRandom(1, 'eight')
    const noisy = readingsAlong(eight, 8).map((reading) => ({
      ...reading,
      lat: reading.lat + (random.normal() * 8) / 111_195,
      lng: reading.lng + (random.normal() * 8) / 108_000,
    }))
    const states = follow(routeOf(...eight), noisy)
    expectSteps(states, 8 * 5 + 60)
    expect(last(states).alongM).toBeGreaterThan(4200)
  })

  test('out and back over one road: the place does not turn before the rider does', () => {
    const spur: Metres[] = [
      [0, 0],
      [1000, 0],
      [1000, 500],
      [1000, 0],
      [2000, 0],
    ]
    const states = follow(routeOf(...spur), readingsAlong(spur, 8))
    expectSteps(states, 8 * 5 + 60)
    expect(last(states).alongM).toBeGreaterThan(2950)
  })

  test('hairpins 25 m apart', () => {
    const bends: Metres[] = [
      [0, 0],
      [400, 0],
      [400, 25],
      [0, 25],
      [0, 50],
      [400, 50],
      [400, 75],
      [0, 75],
    ]
    const states = follow(routeOf(...bends), readingsAlong(bends, 8))
    expectSteps(states, 8 * 5 + 60)
    expect(last(states).alongM).toBeGreaterThan(1630)
  })
})

describe('silence and noise', () => {
  test('tunnel: after an outage the place is where the rider came out, and no route is asked for', () => {
    const route = routeOf(...STRAIGHT)
    const readings = readingsAlong(STRAIGHT, 12)
    const silent = readings.filter((_, i) => i < 20 || i > 50)
    const states = follow(route, silent)
    expect(states[20]?.alongM).toBeCloseTo(51 * 60, -2)
    expect(states.some(({ offRoute }) => offRoute)).toBe(false)
    expect(last(states).alongM).toBeGreaterThan(4900)
  })

  test('batch after outage: the backlog in fix-time order ends where live readings would have', () => {
    const route = routeOf(...STRAIGHT)
    const readings = readingsAlong(STRAIGHT, 12)
    const live = follow(route, readings.slice(0, 51))
    // The same readings, the last thirty of them received at once: nothing of when they came is in the state.
    const batch = follow(route, readings.slice(20, 51), live[19])
    expect(last(batch)).toEqual(last(live))
  })

  test('a long gap on a loop is looked for on the whole route ahead', () => {
    const square: Metres[] = [
      [0, 0],
      [4000, 0],
      [4000, 4000],
      [0, 4000],
    ]
    const route = routeOf(...square)
    const readings = readingsAlong(square, 10)
    const states = follow(route, [...readings.slice(0, 30), ...readings.slice(180)])
    expect(states[30]?.alongM).toBeCloseTo(180 * 50, -2)
  })

  test('parked where the route crosses itself, the place stays through a long silence', () => {
    const crossing: Metres[] = [
      [0, 0],
      [1000, 0],
      [1000, 600],
      [500, 600],
      [500, -600],
    ]
    const ridden = readingsAlong(
      [
        [0, 0],
        [500, 0],
      ],
      10,
    )
    const parked = standing([500, 0], 60, lastMs(ridden) + 5000)
    const after: Reading = { ...place([500, 8]), timeMs: lastMs(parked) + 1_200_000, accuracyM: 8 }
    expect(last(follow(routeOf(...crossing), [...ridden, ...parked, after])).alongM).toBeCloseTo(500, -2)
  })

  test('GPS jump: one reading far away moves nothing', () => {
    const readings = readingsAlong(STRAIGHT, 8).slice(0, 60)
    const jumped = readings.map((reading, i) => (i === 30 ? { ...reading, lat: reading.lat + 0.01 } : reading))
    const states = follow(routeOf(...STRAIGHT), jumped)
    expect(states[30]?.alongM).toBe(states[29]?.alongM as number)
    expect(asks(states)).toBe(0)
    expect(last(states).alongM).toBeGreaterThan(2300)
  })

  test('GPS jump: one reading far ahead on the route moves nothing', () => {
    const readings = readingsAlong(STRAIGHT, 8).slice(0, 60)
    const jumped = readings.map((reading, i) => (i === 30 ? { ...reading, lng: reading.lng + 0.02 } : reading))
    const states = follow(routeOf(...STRAIGHT), jumped)
    expect(states[30]?.alongM).toBe(states[29]?.alongM as number)
    expect(states[31]?.alongM).toBeCloseTo(31 * 40, -2)
  })

  test('GPS jump: one reading beside the route does not hold up a rider who goes on', () => {
    const route = routeOf(...STRAIGHT)
    const readings = readingsAlong(STRAIGHT, 8).slice(0, 41)
    const beside = readings.map((reading, i) => (i === 40 ? { ...reading, ...place([1600, 65]) } : reading))
    const before = last(follow(route, readings.slice(0, 40)))
    const after = last(follow(route, beside))
    expect(after.alongM - before.alongM).toBeWithin(30, 50)
    expect(after.offRoute).toBe(false)
    expect(after.away?.fixes).toBe(1)
  })

  test('noise is no motion: a walker with a poor receiver is not led ahead to where the road comes back', () => {
    const there: Metres[] = [
      [0, 0],
      [300, 0],
      [300, 40],
      [0, 40],
    ]
    const route = routeOf(...there)
    const random = createRandom(3, 'poor receiver')
    let [far, count] = [0, 0]
    for (let ride = 0; ride < 40; ride++) {
      let state: Progress | undefined
      for (const [i, reading] of readingsAlong(there, 1.4).entries()) {
        const noise = () => (random.normal() * 12) / 111_195
        const noisy = { ...reading, lat: reading.lat + noise(), lng: reading.lng + noise(), accuracyM: 20 }
        state = advance(state, route, noisy)
        if (Math.abs(state.alongM - i * 7) > 60) far += 1
        count += 1
      }
    }
    expect(far / count).toBeLessThan(0.007)
  })

  test('stop jitter: a rider who stands is held, and starts again', () => {
    const random = createRandom(3, 'stop')
    const before = readingsAlong(
      [
        [0, 0],
        [1000, 0],
      ],
      8,
    )
    const stop = standing([1000, 0], 300, lastMs(before) + 5000).map((reading) => ({
      ...reading,
      lat: reading.lat + (random.normal() * 4) / 111_195,
      lng: reading.lng + (random.normal() * 4) / 108_000,
    }))
    const after = readingsAlong(
      [
        [1000, 0],
        [2000, 0],
      ],
      8,
      5,
      lastMs(stop) + 5000,
    )
    const route = routeOf(...STRAIGHT)
    const states = follow(route, [...before, ...stop, ...after])
    const stood = states.slice(before.length + 6, before.length + stop.length)
    expect(stood.filter(({ held }) => held).length).toBeGreaterThan(stood.length * 0.9)
    const places = stood.map(({ alongM }) => alongM)
    expect(Math.max(...places) - Math.min(...places)).toBeLessThan(15)
    expect(last(stood).travelledM - (stood[0]?.travelledM ?? 0)).toBeLessThan(15)
    expect(last(states).alongM).toBeGreaterThan(1950)
    expect(last(states).held).toBe(false)
  })

  test('a walker is not taken to stand', () => {
    const states = follow(
      routeOf(...STRAIGHT),
      readingsAlong(
        [
          [0, 0],
          [600, 0],
        ],
        1.3,
      ),
    )
    expect(states.some(({ held }) => held)).toBe(false)
  })

  test('clock-skewed phone: corrected times, all late by the same, lead to the same place', () => {
    const route = routeOf(...STRAIGHT)
    const readings = readingsAlong(STRAIGHT, 8)
    const skewed = readings.map((reading) => ({ ...reading, timeMs: reading.timeMs + 4_321_000 }))
    const states = follow(route, readings)
    const shifted = follow(route, skewed)
    expect(shifted.map(({ alongM }) => alongM)).toEqual(states.map(({ alongM }) => alongM))
    expect(last(shifted).speedMps).toBe(last(states).speedMps)
  })
})

function expectSteps(states: readonly Progress[], mostM: number): void {
  for (const [i, state] of states.entries()) {
    const before = states[i - 1]
    if (before === undefined) continue
    expect(Math.abs(state.alongM - before.alongM)).toBeLessThanOrEqual(mostM)
  }
}

test('the first reading of a route may lie anywhere on it', () => {
  const reading: Reading = { ...place([1234, 5]), timeMs: START_MS }
  expect(advance(undefined, routeOf(...STRAIGHT), reading).alongM).toBeCloseTo(1234, 0)
})
