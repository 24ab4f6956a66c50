import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type ArrivalState, NO_ARRIVAL, updateArrival } from '../../src/domain/arrival.ts'
import { advanceEta, type EtaState, estimateEta } from '../../src/domain/eta.ts'
import { type ShownEta, showEta, shownMinutes } from '../../src/domain/eta-display.ts'
import { advance, BACK_M, type Progress, type Reading, remainingM } from '../../src/domain/progress.ts'
import { nearnessOf } from '../../src/domain/road.ts'
import { pointAlong, type Route } from '../../src/domain/route.ts'
import { layTimetable, type Timetable, tablePrior } from '../../src/domain/timetable.ts'
import { type Metres, routeOf, START_MS } from './generated-ride.ts'

const metres: fc.Arbitrary<Metres> = fc.tuple(
  fc.integer({ min: -1500, max: 1500 }),
  fc.integer({ min: -1500, max: 1500 }),
)

/** What befalls a rider between two readings: it rides on or back, stands, strays, is silent, or the receiver slips. */
const step = fc.record({
  seconds: fc.constantFrom(0, 1, 5, 5, 5, 15, 90, 400),
  mps: fc.constantFrom(0, 0, 1, 4, 8, 8, 8, 20, -6),
  eastM: fc.integer({ min: -25, max: 25 }),
  northM: fc.integer({ min: -25, max: 25 }),
  slipM: fc.constantFrom(0, 0, 0, 0, 0, 0, 60, 400, 20_000),
  accuracyM: fc.constantFrom(undefined, 0, 3, 8, 30, 99),
})

const ride = fc
  .record({
    line: fc.array(metres, { minLength: 2, maxLength: 9 }),
    startShare: fc.constantFrom(0, 0, 0.3),
    steps: fc.array(step, { minLength: 1, maxLength: 60 }),
  })
  .map(({ line, startShare, steps }) => {
    const route = routeOf(...line)
    return { route, readings: readingsOf(route, startShare, steps) }
  })

type StepValue = typeof step extends fc.Arbitrary<infer T> ? T : never

function readingsOf(route: Route, startShare: number, steps: readonly StepValue[]): Reading[] {
  let alongM = startShare * route.lengthM
  let timeMs = START_MS
  return steps.map(({ seconds, mps, eastM, northM, slipM, accuracyM }) => {
    timeMs += seconds * 1000
    alongM = Math.max(0, Math.min(route.lengthM, alongM + mps * seconds))
    const { lat, lng } = pointAlong(route, alongM)
    const place = { lat: lat + (northM + slipM) / 111_195, lng: lng + eastM / 108_000, timeMs }
    return accuracyM === undefined ? place : { ...place, accuracyM }
  })
}

interface Whole {
  progress?: Progress
  eta?: EtaState
  shown?: ShownEta
  arrival: ArrivalState
}

function next(state: Whole, route: Route, timetable: Timetable, reading: Reading): Whole {
  const progress = advance(state.progress, route, reading)
  const eta = advanceEta(state.eta, route, timetable, STOPS, progress)
  const estimate = estimateEta(eta, route, timetable, STOPS, progress)
  return {
    progress,
    eta,
    shown: showEta(state.shown, estimate, progress.timeMs),
    arrival: updateArrival(state.arrival, nearnessOf(route, progress), reading.accuracyM),
  }
}

const STOPS = [{ alongM: 700 }]

test('the place stays on the route and falls by more than 30 m only when three readings agreed', () => {
  fc.assert(
    fc.property(ride, ({ route, readings }) => {
      let state: Progress | undefined
      for (const reading of readings) {
        const before = state
        state = advance(before, route, reading)
        expect(state.alongM).toBeGreaterThanOrEqual(0)
        expect(state.alongM).toBeLessThanOrEqual(route.lengthM)
        expect(remainingM(route, state)).toBeGreaterThanOrEqual(0)
        expect(state.travelledM).toBeGreaterThanOrEqual(before?.travelledM ?? 0)
        if (before === undefined || before.backward || state.alongM >= before.peakM - BACK_M - 1e-6) continue
        expect(before.elsewhere?.fixes).toBeGreaterThanOrEqual(2)
      }
    }),
    { numRuns: 400 },
  )
})

test('all numbers are finite, and no arrival is before its reading', () => {
  fc.assert(
    fc.property(ride, ({ route, readings }) => {
      const timetable = layTimetable(route, tablePrior('unknown', 10, route.lengthM))
      let state: Whole = { arrival: NO_ARRIVAL }
      for (const reading of readings) {
        state = next(state, route, timetable, reading)
        for (const value of numbersIn(state)) expect(Number.isFinite(value)).toBe(true)
        const { progress, eta, shown } = state
        if (progress === undefined || eta === undefined || shown === undefined) throw new Error('no state')
        const estimate = estimateEta(eta, route, timetable, STOPS, progress)
        expect(estimate.earliestMs).toBeGreaterThanOrEqual(progress.timeMs)
        expect(estimate.arrivalMs).toBeGreaterThanOrEqual(estimate.earliestMs)
        expect(estimate.latestMs).toBeGreaterThanOrEqual(estimate.arrivalMs)
        expect(shownMinutes(shown, progress.timeMs)).toBeGreaterThanOrEqual(1)
      }
    }),
    { numRuns: 300 },
  )
})

test('an equal reading changes nothing', () => {
  fc.assert(
    fc.property(ride, ({ route, readings }) => {
      const timetable = layTimetable(route, tablePrior('car', 10, route.lengthM))
      let progress: Progress | undefined
      let eta: EtaState | undefined
      for (const reading of readings) {
        progress = advance(progress, route, reading)
        eta = advanceEta(eta, route, timetable, STOPS, progress)
        expect(advance(progress, route, reading)).toBe(progress)
        expect(advanceEta(eta, route, timetable, STOPS, progress)).toBe(eta)
      }
    }),
    { numRuns: 200 },
  )
})

test('a replay from any saved state ends in the same state', () => {
  fc.assert(
    fc.property(ride, fc.nat(), ({ route, readings }, at) => {
      const timetable = layTimetable(route, tablePrior('bicycle', 10, route.lengthM))
      const cut = at % (readings.length + 1)
      const run = (from: Whole, some: readonly Reading[]) =>
        some.reduce((state, reading) => next(state, route, timetable, reading), from)
      const saved = JSON.parse(JSON.stringify(run({ arrival: NO_ARRIVAL }, readings.slice(0, cut)))) as Whole
      const whole = run({ arrival: NO_ARRIVAL }, readings)
      // As text, since that is what is saved: a minus zero is a zero there.
      expect(JSON.stringify(run(saved, readings.slice(cut)))).toBe(JSON.stringify(whole))
    }),
    { numRuns: 300 },
  )
})

test('the states given are not written to', () => {
  fc.assert(
    fc.property(ride, ({ route, readings }) => {
      let state: Progress | undefined
      for (const reading of readings) {
        const before = state === undefined ? undefined : JSON.stringify(state)
        const after: Progress = advance(state, route, reading)
        if (state !== undefined) expect(JSON.stringify(state)).toBe(before as string)
        state = after
      }
    }),
    { numRuns: 100 },
  )
})

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : []
}
