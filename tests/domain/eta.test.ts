import { describe, expect, test } from 'bun:test'
import { advanceEta, type Estimate, type EtaState, estimateEta, type PlannedStop } from '../../src/domain/eta.ts'
import { advance, type Progress, type Reading } from '../../src/domain/progress.ts'
import { prepareRoute, type Route, straightRoute } from '../../src/domain/route.ts'
import { enginePrior, layTimetable, type Prior, type Timetable, tablePrior } from '../../src/domain/timetable.ts'
import { last, lastMs, type Metres, place, readingsAlong, routeOf, START_MS, standing } from './generated-ride.ts'

const LINE: Metres[] = [
  [0, 0],
  [6000, 0],
]
const CALM = 12

interface Step {
  state: EtaState
  progress: Progress
  estimate: Estimate
}

function run(route: Route, timetable: Timetable, readings: readonly Reading[], stops: PlannedStop[] = []): Step[] {
  let progress: Progress | undefined
  let state: EtaState | undefined
  return readings.map((reading) => {
    progress = advance(progress, route, reading)
    state = advanceEta(state, route, timetable, stops, progress)
    return { state, progress, estimate: estimateEta(state, route, timetable, stops, progress) }
  })
}

function paced(route: Route, mps: number, source: Prior['source'] = 'learned'): Timetable {
  return layTimetable(route, { source, paceSpm: 1 / mps, spread: 0.2 })
}

describe('the estimate', () => {
  test('is the timetable when the rider keeps to it', () => {
    const route = routeOf(...LINE)
    const readings = readingsAlong(LINE, 8)
    const arrivalMs = START_MS + (6000 / 8) * 1000
    for (const { estimate } of run(route, paced(route, 8), readings).slice(5, -3)) {
      expect(Math.abs(estimate.arrivalMs - arrivalMs)).toBeLessThan(12_000)
    }
  })

  test('a slower rider arrives later, more so the longer it is slow, and a poor prior is left sooner', () => {
    const route = routeOf(...LINE)
    const readings = readingsAlong(LINE, 5)
    const arrivalMs = START_MS + (6000 / 5) * 1000
    const errors = (source: Prior['source']) =>
      run(route, paced(route, 8, source), readings).map(({ estimate }) => (arrivalMs - estimate.arrivalMs) / 1000)
    const [learned, table] = [errors('learned'), errors('table')]
    expect(learned[1]).toBeGreaterThan(400)
    expect(learned[120]).toBeLessThan(0.6 * (learned[1] as number))
    expect(table[60]).toBeLessThan(0.8 * (learned[60] as number))
  })

  test('a red light adds little more than its own time', () => {
    const route = routeOf(...LINE)
    const before = readingsAlong(
      [
        [0, 0],
        [2000, 0],
      ],
      8,
    )
    const light = standing([2000, 0], 60, lastMs(before) + 5000)
    const steps = run(route, paced(route, 8), [...before, ...light])
    const addedS = (last(steps).estimate.arrivalMs - (steps[before.length - 1] as Step).estimate.arrivalMs) / 1000
    expect(addedS).toBeGreaterThan(40)
    expect(addedS).toBeLessThan(110)
  })

  test("uses the engine's seconds of each segment", () => {
    const line = straightRoute([place([0, 0]), place([1000, 0]), place([6000, 0])])
    const route = prepareRoute({ ...line, segmentS: [400, 500] })
    const prior = enginePrior(route)
    if (prior === undefined) throw new Error('no prior')
    const [first] = run(route, layTimetable(route, prior), readingsAlong(LINE, 8))
    expect(first?.estimate.remainingS).toBeCloseTo(900, 0)
    expect(enginePrior(routeOf(...LINE))).toBeUndefined()
  })

  test('away from the route it is the straight line, made longer, at the usual pace', () => {
    const route = routeOf(...LINE)
    const away: Metres[] = [
      [0, 0],
      [1000, 0],
      [1000, 3000],
    ]
    const step = last(run(route, paced(route, 8), readingsAlong(away, 8)))
    expect(step.progress.offRoute).toBe(true)
    const straightS = (1.35 * Math.hypot(5000, 3000)) / 8
    expect(step.estimate.remainingS).toBeGreaterThan(0.9 * straightS)
    expect(step.estimate.remainingS).toBeLessThan(1.3 * straightS)
  })

  test('its range holds the arrival, narrows, and is wider for a prior that is only guessed', () => {
    const route = routeOf(...LINE)
    const steps = run(route, paced(route, 8), readingsAlong(LINE, 8))
    const widthMs = ({ estimate }: Step) => estimate.latestMs - estimate.earliestMs
    expect(widthMs(last(steps))).toBeLessThan(120_000)
    expect(widthMs(steps[2] as Step)).toBeGreaterThan(3 * widthMs(last(steps)))
    const guessed = run(
      route,
      layTimetable(route, tablePrior('unknown', CALM, route.lengthM)),
      readingsAlong(LINE, 5.5),
    )
    expect(widthMs(guessed[2] as Step)).toBeGreaterThan(widthMs(steps[2] as Step))
  })
})

describe('planned stops', () => {
  const stops: PlannedStop[] = [{ alongM: 3000, dwellS: 100 }]

  test('add their time until they are left behind', () => {
    const route = routeOf(...LINE)
    const readings = readingsAlong(LINE, 8)
    const withStop = run(route, paced(route, 8), readings, stops)
    const without = run(route, paced(route, 8), readings)
    const addedS = (i: number) => (withStop[i] as Step).estimate.remainingS - (without[i] as Step).estimate.remainingS
    expect(addedS(10)).toBeCloseTo(100, 0)
    expect(addedS(100)).toBeCloseTo(0, 0)
  })

  test('standing at one is no delay: the time there counts down, and the pace stays as it was', () => {
    const route = routeOf(...LINE)
    const before = readingsAlong(
      [
        [0, 0],
        [3000, 0],
      ],
      8,
    )
    const stop = standing([3000, 0], 300, lastMs(before) + 5000)
    const steps = run(route, paced(route, 8), [...before, ...stop], stops)
    const arrived = steps[before.length - 1] as Step
    const later = steps[before.length + 15] as Step
    expect(later.state.atStop).toBe(true)
    expect((later.estimate.arrivalMs - arrived.estimate.arrivalMs) / 1000).toBeLessThan(35)
    // Beyond what was expected it may end any moment, and the pace is not blamed.
    const end = last(steps)
    expect(end.estimate.delayed).toBe(false)
    expect(end.estimate.remainingS).toBeLessThan(3000 / 8 + 60)
  })

  test('standing long elsewhere is a delay and widens the range', () => {
    const route = routeOf(...LINE)
    const before = readingsAlong(
      [
        [0, 0],
        [3000, 0],
      ],
      8,
    )
    const stop = standing([3000, 0], 300, lastMs(before) + 5000)
    const steps = run(route, paced(route, 8), [...before, ...stop])
    expect((steps[before.length + 20] as Step).estimate.delayed).toBe(false)
    const { estimate } = last(steps)
    expect(estimate.delayed).toBe(true)
    expect(estimate.latestMs - estimate.arrivalMs).toBeGreaterThan(240_000)
  })
})
