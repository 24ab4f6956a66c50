/** How a vehicle moves along a line: no faster than it may, slower round bends, standing at stops. */

import { bearingDeg, distanceM, type Point, wrapLng } from '../../src/domain/geo'
import type { Vehicle } from '../../src/domain/view'

/** How a vehicle drives: metres per second, and metres per second squared both for speeding up and for braking. */
interface Handling {
  cruiseMps: number
  accelerationMps2: number
}

/** What town traffic lets through (5, 17, 41, 50 and 43 km/h). */
export const HANDLING: Record<Vehicle, Handling> = {
  foot: { cruiseMps: 1.4, accelerationMps2: 0.8 },
  bicycle: { cruiseMps: 4.8, accelerationMps2: 0.8 },
  motorbike: { cruiseMps: 11.5, accelerationMps2: 2 },
  car: { cruiseMps: 14, accelerationMps2: 1.8 },
  van: { cruiseMps: 12, accelerationMps2: 1.5 },
}

/** A place on the way where the rider stands still. */
export interface Halt {
  alongM: number
  dwellMs: number
}

/** A moment of a ride. */
export interface RidePlace extends Point {
  alongM: number
  speedMps: number
  headingDeg: number
}

/** A ride along one line, whole and known beforehand. */
export interface Ride {
  lengthM: number
  durationMs: number
  /** Where the rider stands on the way, in order. */
  haltsM: number[]
  /** Where the rider is `elapsedMs` after the start; before it at the start, after the end at the end. */
  at(elapsedMs: number): RidePlace
  /** When the rider first comes to `alongM`. */
  whenAt(alongM: number): number
}

/** The line is ridden in pieces no longer than this, so that speed changes smoothly. */
const PIECE_M = 8
/** Sideways acceleration that a rider takes in a bend. */
const LATERAL_MPS2 = 2.5
/** Walking pace: nobody takes a bend more slowly than this. */
const SLOWEST_BEND_MPS = 1.2
/** A vertex stands for a bend of about this length. */
const BEND_LENGTH_M = 12

interface Knot extends Point {
  alongM: number
  headingDeg: number
  limitMps: number
  speedMps: number
  /** Arrival and departure differ by a halt's dwell. */
  arriveMs: number
  leaveMs: number
}

/**
 * Plans a ride. Start and end are at rest; every halt is too.
 * @param line at least two different points
 * @throws RangeError for a line without length
 */
export function planRide(line: readonly Point[], vehicle: Vehicle, halts: readonly Halt[] = []): Ride {
  const { cruiseMps, accelerationMps2 } = HANDLING[vehicle]
  const knots = knotsOf(line, cruiseMps)
  const last = knots.at(-1)
  if (knots.length < 2 || last === undefined) throw new RangeError('a ride needs a line of some length')
  const dwellMs = new Map<number, number>()
  for (const halt of halts) {
    const index = nearestKnot(knots, halt.alongM)
    dwellMs.set(index, (dwellMs.get(index) ?? 0) + halt.dwellMs)
  }
  limitSpeeds(knots, dwellMs, accelerationMps2)
  timeKnots(knots, dwellMs, accelerationMps2)
  return {
    lengthM: last.alongM,
    durationMs: last.leaveMs,
    haltsM: [...dwellMs.keys()].sort((a, b) => a - b).map((index) => (knots[index] as Knot).alongM),
    at: (elapsedMs) => placeAt(knots, elapsedMs),
    whenAt: (alongM) => (knots.find((knot) => knot.alongM >= alongM) ?? last).arriveMs,
  }
}

function knotsOf(line: readonly Point[], cruiseMps: number): Knot[] {
  const knots: Knot[] = []
  let alongM = 0
  let previousHeading: number | undefined
  for (let i = 0; i + 1 < line.length; i++) {
    const [from, to] = [line[i] as Point, line[i + 1] as Point]
    const lengthM = distanceM(from, to)
    if (lengthM < 0.1) continue
    const headingDeg = bearingDeg(from, to)
    const pieces = Math.ceil(lengthM / PIECE_M)
    for (let piece = 0; piece < pieces; piece++) {
      const share = piece / pieces
      const isVertex = piece === 0 && previousHeading !== undefined
      knots.push({
        lat: from.lat + (to.lat - from.lat) * share,
        lng: from.lng + wrapLng(to.lng - from.lng) * share,
        alongM: alongM + lengthM * share,
        headingDeg,
        limitMps: isVertex ? bendLimit(turnDeg(previousHeading as number, headingDeg), cruiseMps) : cruiseMps,
        speedMps: 0,
        arriveMs: 0,
        leaveMs: 0,
      })
    }
    alongM += lengthM
    previousHeading = headingDeg
  }
  const end = line.at(-1)
  if (end !== undefined && previousHeading !== undefined) {
    const rest = { headingDeg: previousHeading, limitMps: 0, speedMps: 0, arriveMs: 0, leaveMs: 0 }
    knots.push({ lat: end.lat, lng: end.lng, alongM, ...rest })
  }
  return knots
}

function turnDeg(from: number, to: number): number {
  return Math.abs(((to - from + 540) % 360) - 180)
}

/** v² = a·r, where a turn by θ over the bend's length has the radius length/θ. */
function bendLimit(turn: number, cruiseMps: number): number {
  if (turn < 5) return cruiseMps
  const radiusM = BEND_LENGTH_M / ((turn * Math.PI) / 180)
  return Math.min(cruiseMps, Math.max(SLOWEST_BEND_MPS, Math.sqrt(LATERAL_MPS2 * radiusM)))
}

function nearestKnot(knots: readonly Knot[], alongM: number): number {
  let best = 0
  for (const [index, knot] of knots.entries()) {
    if (Math.abs(knot.alongM - alongM) < Math.abs((knots[best] as Knot).alongM - alongM)) best = index
  }
  return best
}

/** Lowers each knot's speed to what can be reached from the one before and braked down to the one after. */
function limitSpeeds(knots: Knot[], dwellMs: ReadonlyMap<number, number>, acceleration: number): void {
  for (const [index, knot] of knots.entries()) {
    const stands = index === 0 || index === knots.length - 1 || dwellMs.has(index)
    knot.speedMps = stands ? 0 : knot.limitMps
  }
  for (let i = 1; i < knots.length; i++) reach(knots[i - 1] as Knot, knots[i] as Knot, acceleration)
  for (let i = knots.length - 1; i > 0; i--) reach(knots[i] as Knot, knots[i - 1] as Knot, acceleration)
}

function reach(from: Knot, to: Knot, acceleration: number): void {
  const lengthM = Math.abs(to.alongM - from.alongM)
  to.speedMps = Math.min(to.speedMps, Math.sqrt(from.speedMps ** 2 + 2 * acceleration * lengthM))
}

function timeKnots(knots: Knot[], dwellMs: ReadonlyMap<number, number>, acceleration: number): void {
  let nowMs = 0
  for (const [index, knot] of knots.entries()) {
    const previous = knots[index - 1]
    if (previous !== undefined) {
      const lengthM = knot.alongM - previous.alongM
      const meanMps = (previous.speedMps + knot.speedMps) / 2
      // Between two halts on neighbouring knots: speed up to the middle, then brake.
      nowMs += (meanMps > 0 ? lengthM / meanMps : 2 * Math.sqrt(lengthM / acceleration)) * 1000
    }
    knot.arriveMs = nowMs
    nowMs += dwellMs.get(index) ?? 0
    knot.leaveMs = nowMs
  }
}

function placeAt(knots: readonly Knot[], elapsedMs: number): RidePlace {
  let low = 0
  let high = knots.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((knots[middle] as Knot).arriveMs <= elapsedMs) low = middle
    else high = middle - 1
  }
  const from = knots[low] as Knot
  const to = knots[low + 1]
  if (to === undefined || elapsedMs <= from.leaveMs) {
    const speedMps = to === undefined || from.leaveMs > from.arriveMs || elapsedMs <= 0 ? 0 : from.speedMps
    return { lat: from.lat, lng: from.lng, alongM: from.alongM, speedMps, headingDeg: from.headingDeg }
  }
  // Evenly changing speed: the way is quadratic in time.
  const spanS = (to.arriveMs - from.leaveMs) / 1000
  const t = (elapsedMs - from.leaveMs) / 1000
  const speedMps = from.speedMps + ((to.speedMps - from.speedMps) * t) / spanS
  const lengthM = to.alongM - from.alongM
  const wayM = from.speedMps + to.speedMps > 0 ? ((from.speedMps + speedMps) / 2) * t : (lengthM * t) / spanS
  const share = Math.min(1, wayM / lengthM)
  return {
    lat: from.lat + (to.lat - from.lat) * share,
    lng: from.lng + wrapLng(to.lng - from.lng) * share,
    alongM: from.alongM + lengthM * share,
    speedMps,
    headingDeg: from.headingDeg,
  }
}
