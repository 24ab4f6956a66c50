/** How near the rider is to the drop, with hysteresis so that it does not flicker. Pure: no clock. */

import type { Arrival } from './view'

/** How near the drop is. */
export interface Nearness {
  /** By the way that is left, metres. */
  leftM: number
  /** By air, metres. */
  straightM: number
  timeMs: number
}

/** Plain JSON. */
export interface ArrivalState {
  stage?: Arrival
  /** Readings in a row within the arrival circle, and since when; 0 while it is outside. */
  inside: number
  insideMs: number
}

export const NO_ARRIVAL: ArrivalState = { inside: 0, insideMs: 0 }

/** Entered below `enterM` and left beyond `leaveM`, both by the way that is left and by the straight line. */
const NEARBY = { enterM: 300, leaveM: 450 } as const
const ARRIVING = { enterM: 120, leaveM: 200 } as const
/** Arrived: so near along the way (or 1.5 accuracies), and straight, twice or for so long; left beyond twice that. */
const ARRIVED = {
  alongM: 40,
  accuracies: 1.5,
  straightFactor: 1.5,
  readings: 2,
  afterMs: 10_000,
  leaveFactor: 2,
} as const
const ASSUMED_ACCURACY_M = 15

/**
 * The state after one more reading.
 *
 * Asks for both distances, so that neither a road behind the house nor a loop past it counts as near. Only the newest
 * reading of those that came together should be given, else a backlog announces what is over.
 */
export function updateArrival(
  state: ArrivalState,
  { leftM, straightM, timeMs }: Nearness,
  accuracyM: number = ASSUMED_ACCURACY_M,
): ArrivalState {
  const furtherM = Math.max(straightM, leftM)
  const radiusM = Math.max(ARRIVED.alongM, ARRIVED.accuracies * accuracyM)
  if (state.stage === 'arrived' && furtherM <= ARRIVED.leaveFactor * radiusM) return state
  const isInside = leftM <= radiusM && straightM <= ARRIVED.straightFactor * radiusM
  const inside = isInside ? state.inside + 1 : 0
  const insideMs = !isInside ? 0 : state.inside > 0 ? state.insideMs : timeMs
  const isArrived = inside >= ARRIVED.readings || (isInside && timeMs - insideMs >= ARRIVED.afterMs)
  const stage = isArrived ? 'arrived' : stageAt(furtherM, state.stage)
  if (stage === state.stage && inside === state.inside && insideMs === state.insideMs) return state
  return stage === undefined ? { inside, insideMs } : { stage, inside, insideMs }
}

function stageAt(leftM: number, before: Arrival | undefined): Arrival | undefined {
  const wasArriving = before === 'arriving' || before === 'arrived'
  if (leftM <= (wasArriving ? ARRIVING.leaveM : ARRIVING.enterM)) return 'arriving'
  return leftM <= (before === undefined ? NEARBY.enterM : NEARBY.leaveM) ? 'nearby' : undefined
}
