/** Routes and rides made for tests: a line given in metres, and readings along any other such line. */

import type { Point } from '../../src/domain/geo.ts'
import { advance, type Progress, type Reading } from '../../src/domain/progress.ts'
import { prepareRoute, type Route, straightRoute } from '../../src/domain/route.ts'

const ORIGIN: Point = { lat: 12.97, lng: 77.59 }
const M_PER_DEG = (6_371_008.8 * Math.PI) / 180
export const START_MS = 1_760_000_000_000

/** East and north of the origin, metres. */
export type Metres = readonly [eastM: number, northM: number]

export function place([eastM, northM]: Metres): Point {
  const lngM = M_PER_DEG * Math.cos((ORIGIN.lat * Math.PI) / 180)
  return { lat: ORIGIN.lat + northM / M_PER_DEG, lng: ORIGIN.lng + eastM / lngM }
}

export function routeOf(...line: Metres[]): Route {
  return prepareRoute(straightRoute(line.map(place)))
}

/** Readings every `everyS` at a constant speed along a line, its end included; accuracy 8 m. */
export function readingsAlong(line: readonly Metres[], mps: number, everyS = 5, fromMs = START_MS): Reading[] {
  const stepM = mps * everyS
  const readings: Reading[] = []
  let dueM = 0
  let passedM = 0
  for (let i = 0; i + 1 < line.length; i++) {
    const [from, to] = [line[i] as Metres, line[i + 1] as Metres]
    const lengthM = Math.hypot(to[0] - from[0], to[1] - from[1])
    for (; dueM <= passedM + lengthM + 1e-6; dueM += stepM) {
      const share = lengthM === 0 ? 0 : (dueM - passedM) / lengthM
      const at: Metres = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
      readings.push({ ...place(at), timeMs: fromMs + readings.length * everyS * 1000, accuracyM: 8 })
    }
    passedM += lengthM
  }
  return readings
}

/** The same place again and again. */
export function standing(at: Metres, seconds: number, fromMs: number, everyS = 5): Reading[] {
  const count = Math.floor(seconds / everyS)
  return Array.from({ length: count }, (_, i) => ({ ...place(at), timeMs: fromMs + i * everyS * 1000, accuracyM: 8 }))
}

export function follow(route: Route, readings: readonly Reading[], from?: Progress): Progress[] {
  const states: Progress[] = []
  let state = from
  for (const reading of readings) {
    state = advance(state, route, reading)
    states.push(state)
  }
  return states
}

export function last<T>(values: readonly T[]): T {
  const value = values.at(-1)
  if (value === undefined) throw new Error('nothing was made')
  return value
}

export function lastMs(readings: readonly Reading[]): number {
  return last(readings).timeMs
}
