/** Whether a rider moves or waits: net displacement from an anchor, so that GPS jitter at a red light is not motion. */

import { distanceM, type Point } from './geo'
import type { Motion } from './view'

/** Moving means to have left a circle of this radius (or of the fix's accuracy, when that is wider), in metres. */
const LEFT_RADIUS_M = 25
/** Within the circle for this long is waiting: 15 s below 2 m/s is what delivery agents' stops look like. */
const WAITING_AFTER_MS = 15_000
/** But not for somebody who goes on at a walk, who needs longer than that to leave the circle. */
const WALK_MPS = 1

/** The anchor is `lat`/`lng`, reached at `anchorMs`. */
export interface MotionState extends Point {
  kind: Motion
  sinceMs: number
  anchorMs: number
}

interface Reading extends Point {
  timeMs: number
  accuracyM?: number
}

/**
 * The motion after one more accepted reading. `lat`/`lng` is the anchor; `sinceMs` is when `kind` began.
 * @param first nothing was known before: the rider waits here until it has moved
 */
export function updateMotion(state: MotionState, reading: Reading, first: boolean): MotionState {
  const { lat, lng, timeMs } = reading
  const anchored = { lat, lng, anchorMs: timeMs }
  if (first) return { kind: 'waiting', sinceMs: timeMs, ...anchored }
  const radiusM = Math.max(LEFT_RADIUS_M, reading.accuracyM ?? 0)
  const leftM = distanceM(state, reading)
  if (leftM > radiusM) {
    return { kind: 'moving', sinceMs: state.kind === 'moving' ? state.sinceMs : timeMs, ...anchored }
  }
  const heldMs = timeMs - state.anchorMs
  if (state.kind === 'moving' && heldMs >= WAITING_AFTER_MS && leftM <= (heldMs / 1000) * WALK_MPS) {
    return { ...state, kind: 'waiting', sinceMs: state.anchorMs }
  }
  return state
}

/** The motion of a rider of whom nothing is known. */
export const NO_MOTION: MotionState = { kind: 'waiting', sinceMs: 0, lat: 0, lng: 0, anchorMs: 0 }
