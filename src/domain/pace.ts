/** What finished trips teach about pace: per vehicle, per time of the week and per square of the map. Small and pure. */

import type { Point } from './geo'
import { pointAlong, type Route } from './route'
import { enginePrior, type HourOfWeek, lengthFactor, type PaceVehicle, type Prior, tablePrior } from './timetable'

/** All that was learned; plain JSON. */
export interface PaceTable {
  vehicles: Partial<Record<PaceVehicle, VehiclePace>>
}

/** What was learned of one kind of vehicle. */
export interface VehiclePace {
  trips: number
  metres: number
  seconds: number
  /** Mean of ln(took / foretold) of recent trips: what the squares' mean pace says too much. */
  bias: number
  /** Mean of how far from that a trip was, |ln(took / foretold)|: how much this vehicle's trips differ. */
  spread: number
  /** The bias per time of the week, on top of `bias`. */
  times: Record<string, { trips: number; bias: number }>
  /** Metres and seconds in each square of the map. */
  cells: Record<string, { metres: number; seconds: number }>
}

/** A trip that ended: when the rider was how far along. */
export interface FinishedTrip {
  vehicle: PaceVehicle
  hour: HourOfWeek
  route: Route
  /** In order; the trip's pace is between its first and its last. */
  marks: readonly { alongM: number; timeMs: number }[]
}

/** With fewer trips nothing is foretold from them. */
const MIN_TRIPS = 3
/** A square of the map, degrees: some 500 m. */
const CELL_DEG = 0.005
/** The vehicle's own pace counts in each square like so many metres ridden there. */
const CELL_PRIOR_M = 1_000
/** Beyond this a square forgets by halves, so that it follows the seasons. */
const CELL_MAX_M = 40_000
const VEHICLE_MAX_M = 2_000_000
/** No trip counts as further from what was foretold than this, in ln(took / foretold): half or twice. */
const MAX_ERROR = 0.7
const MAX_CELLS = 5_000
/** The newest trip moves a mean by at least 1/30. */
const MEMORY_TRIPS = 30
/** A time of the week is believed like so many trips less than it has. */
const TIME_PRIOR_TRIPS = 5
/** What trips differ by before any is known, and how many trips that counts for. */
const SPREAD_AT_FIRST = 0.25
const SPREAD_TRIPS = 5
/** Shorter or slower than this teaches nothing. */
const TRIP_MIN = { metres: 300, seconds: 60, mps: 0.3 } as const

export const NO_PACE: PaceTable = { vehicles: {} }

/** The table with one more finished trip; trips too short or too slow to teach anything leave it as it is. */
export function learnTrip(table: PaceTable, trip: FinishedTrip): PaceTable {
  const first = trip.marks[0]
  const last = trip.marks.at(-1)
  if (first === undefined || last === undefined) return table
  const metres = last.alongM - first.alongM
  const seconds = (last.timeMs - first.timeMs) / 1000
  if (!(metres >= TRIP_MIN.metres && seconds >= TRIP_MIN.seconds && metres / seconds >= TRIP_MIN.mps)) return table
  const old = table.vehicles[trip.vehicle]
  const known: VehiclePace = old ?? {
    trips: 0,
    metres: 0,
    seconds: 0,
    bias: 0,
    spread: SPREAD_AT_FIRST,
    times: {},
    cells: {},
  }
  const time = timeOfWeek(trip.hour)
  const oldTime = known.times[time] ?? { trips: 0, bias: 0 }
  // Judged by what was foretold before this trip was known, or by its own pace when nothing was.
  const foretoldS =
    known.trips === 0 ? seconds : lengthFactor(metres) * secondsBetween(trip.route, known, first.alongM, last.alongM)
  const error = Math.min(MAX_ERROR, Math.max(-MAX_ERROR, Math.log(seconds / foretoldS)))
  // A trip beyond belief (a lunch on the way, a button pressed too late) counts as one at its edge.
  const believedS = known.trips < MIN_TRIPS ? seconds : foretoldS * Math.exp(error)
  const kept = known.metres > VEHICLE_MAX_M ? 0.5 : 1
  const bias = known.bias + (error - known.bias) / Math.min(MEMORY_TRIPS, known.trips + 1)
  // The first trips say how they differ from each other, not yet from what is usual.
  const spread =
    known.spread + (Math.abs(error - known.bias) - known.spread) / Math.min(MEMORY_TRIPS, known.trips + SPREAD_TRIPS)
  const timeBias = oldTime.bias + (error - bias - oldTime.bias) / Math.min(MEMORY_TRIPS, oldTime.trips + 1)
  const learned: VehiclePace = {
    trips: known.trips + 1,
    metres: kept * known.metres + metres,
    seconds: kept * known.seconds + believedS,
    bias,
    spread,
    times: { ...known.times, [time]: { trips: oldTime.trips + 1, bias: timeBias } },
    cells: addToCells(known.cells, trip, believedS / seconds),
  }
  return { vehicles: { ...table.vehicles, [trip.vehicle]: learned } }
}

/** The prior for `route` from finished trips; undefined while too few of the vehicle are known. */
export function learnedPrior(
  table: PaceTable,
  route: Route,
  vehicle: PaceVehicle,
  hour: HourOfWeek,
): Prior | undefined {
  const known = table.vehicles[vehicle]
  if (known === undefined || known.trips < MIN_TRIPS || route.lengthM <= 0) return undefined
  const time = known.times[timeOfWeek(hour)] ?? { trips: 0, bias: 0 }
  const bias = known.bias + (time.bias * time.trips) / (time.trips + TIME_PRIOR_TRIPS)
  const factor = lengthFactor(route.lengthM) * Math.exp(bias)
  const segmentS: number[] = []
  let totalS = 0
  for (let i = 0; i + 1 < route.cumM.length; i++) {
    const seconds = factor * secondsBetween(route, known, route.cumM[i] as number, route.cumM[i + 1] as number)
    segmentS.push(Math.round(seconds * 100) / 100)
    totalS += seconds
  }
  return { source: 'learned', paceSpm: totalS / route.lengthM, segmentS, spread: known.spread }
}

/** The best prior at hand: learned, then the engine's seconds, then the table. */
export function choosePrior(table: PaceTable, route: Route, vehicle: PaceVehicle, hour: HourOfWeek): Prior {
  return learnedPrior(table, route, vehicle, hour) ?? enginePrior(route) ?? tablePrior(vehicle, hour, route.lengthM)
}

/** Seconds per metre of a way of `lengthM` whose streets nobody knows. */
export function plainPace(table: PaceTable, vehicle: PaceVehicle, hour: HourOfWeek, lengthM: number): number {
  const known = table.vehicles[vehicle]
  if (known === undefined || known.trips < MIN_TRIPS) return tablePrior(vehicle, hour, lengthM).paceSpm
  return (lengthFactor(lengthM) * known.seconds) / known.metres
}

/** Steps along a line are so long at most, so that each is in one square. */
const STEP_M = 100

function secondsBetween(route: Route, known: VehiclePace, fromM: number, toM: number): number {
  const pace = known.seconds / known.metres
  let seconds = 0
  for (const [middleM, metres] of steps(fromM, toM)) {
    const cell = known.cells[cellOf(pointAlong(route, middleM))]
    seconds +=
      cell === undefined
        ? metres * pace
        : (metres * (cell.seconds + CELL_PRIOR_M * pace)) / (cell.metres + CELL_PRIOR_M)
  }
  return seconds
}

function addToCells(cells: VehiclePace['cells'], { route, marks }: FinishedTrip, factor: number): VehiclePace['cells'] {
  const next = { ...cells }
  let from = marks[0]
  for (const to of marks.slice(1)) {
    if (from === undefined || to.timeMs <= from.timeMs) continue
    const seconds = (factor * (to.timeMs - from.timeMs)) / 1000
    const metres = Math.max(0, to.alongM - from.alongM)
    // Standing belongs to the square it happens in.
    const pieces = metres > 0 ? [...steps(from.alongM, to.alongM)] : [[from.alongM, 0] as const]
    for (const [middleM, pieceM] of pieces) {
      const key = cellOf(pointAlong(route, middleM))
      const cell = next[key] ?? { metres: 0, seconds: 0 }
      const kept = cell.metres > CELL_MAX_M ? 0.5 : 1
      next[key] = {
        metres: kept * cell.metres + pieceM,
        seconds: kept * cell.seconds + (metres > 0 ? (seconds * pieceM) / metres : seconds),
      }
    }
    from = to
  }
  return capCells(next)
}

function capCells(cells: VehiclePace['cells']): VehiclePace['cells'] {
  const keys = Object.keys(cells)
  if (keys.length <= MAX_CELLS) return cells
  const best = Object.entries(cells).sort((a, b) => b[1].metres - a[1].metres || (a[0] < b[0] ? -1 : 1))
  return Object.fromEntries(best.slice(0, MAX_CELLS * 0.9))
}

function* steps(fromM: number, toM: number): Generator<readonly [middleM: number, metres: number]> {
  const count = Math.max(1, Math.ceil((toM - fromM) / STEP_M))
  const metres = (toM - fromM) / count
  for (let i = 0; i < count; i++) yield [fromM + (i + 0.5) * metres, metres]
}

function cellOf({ lat, lng }: Point): string {
  return `${Math.round(lat / CELL_DEG)},${Math.round(lng / CELL_DEG)}`
}

/** Ten parts of the week: five of the day, on working days and at the weekend. */
function timeOfWeek(hour: HourOfWeek): string {
  const ofDay = hour % 24
  const part = ofDay < 6 ? 0 : ofDay < 10 ? 1 : ofDay < 15 ? 2 : ofDay < 19 ? 3 : 4
  return `${hour < 5 * 24 ? 'w' : 'e'}${part}`
}
