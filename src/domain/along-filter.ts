/** A rider's place and speed along a line, out of noisy readings: a Kalman filter that stands still when the rider does. */

/** The filter's state; plain JSON. The functions here write to the `next` they are given. */
export interface AlongFilter {
  /** Of the last reading, epoch ms. */
  timeMs: number
  /** Metres from the line's start. */
  alongM: number
  /** Negative while riding back. */
  speedMps: number
  /** When the filter last took a reading, and the metres over ground that readings moved since. */
  filterMs: number
  sinceM: number
  /** Covariance of (along, speed): m², m²/s, m²/s². */
  p: [number, number, number]
  /** Whether the rider is known to ride back. */
  backward: boolean
  /** Where and since when the rider has hardly moved. */
  anchorM: number
  anchorMs: number
  /** Standing: the place is held, so that jitter does not move it. */
  held: boolean
}

/** What a rider's acceleration is like, the best a receiver does, how odd a reading is refused. */
const FILTER = { accelMps2: 1.5, minErrorM: 5, gateSigmas: 4, backMps: -3, maxMps: 55 } as const
/** Standing: within the radius (or the accuracy) for so long that the speed is below this. */
export const STILL = { radiusM: 12, mps: 0.7 } as const
/** No speed that a place believed anew makes is above this. */
const MAX_RESET_MPS = 35

/** Begins the filter anew at a place that is believed. */
export function resetFilter(next: AlongFilter, lengthM: number, alongM: number, accuracyM: number): void {
  const dtS = (next.timeMs - next.filterMs) / 1000
  const speedMps = dtS > 0 ? Math.min(next.sinceM / dtS, MAX_RESET_MPS) : 0
  // By the ground, since a place that was wrong before makes no speed.
  next.speedMps = alongM < next.alongM ? -speedMps : speedMps
  next.alongM = Math.min(lengthM, Math.max(0, alongM))
  next.p = freshCovariance(accuracyM)
  next.filterMs = next.timeMs
  next.sinceM = 0
  next.anchorM = next.alongM
  next.anchorMs = next.timeMs
  next.held = false
}

/** The covariance of a place just read and a speed unknown. */
export function freshCovariance(accuracyM: number): AlongFilter['p'] {
  return [Math.max(FILTER.minErrorM, accuracyM) ** 2, 0, 25]
}

/** One step of a Kalman filter on (along, speed) with white acceleration; false when the reading fails the gate. */
export function filterAlong(next: AlongFilter, measuredM: number, accuracyM: number, dtS: number): boolean {
  const [p00, p01, p11] = next.p
  const noise = FILTER.accelMps2 ** 2 * dtS * dtS
  const predictedM = next.alongM + next.speedMps * dtS
  const q00 = p00 + 2 * dtS * p01 + dtS * dtS * p11 + (noise * dtS * dtS) / 4
  const q01 = p01 + dtS * p11 + (noise * dtS) / 2
  const q11 = p11 + noise
  const innovationM = measuredM - predictedM
  const s = q00 + Math.max(FILTER.minErrorM, accuracyM) ** 2
  if (innovationM * innovationM > FILTER.gateSigmas ** 2 * s) return false
  const k0 = q00 / s
  const k1 = q01 / s
  next.alongM = predictedM + k0 * innovationM
  const leastMps = next.backward ? -FILTER.maxMps : FILTER.backMps
  next.speedMps = Math.min(FILTER.maxMps, Math.max(leastMps, next.speedMps + k1 * innovationM))
  next.p = [(1 - k0) * q00, (1 - k0) * q01, q11 - k1 * q01]
  next.filterMs = next.timeMs
  next.sinceM = 0
  return true
}

/** Holds the place of a rider who stands: within a radius for so long that its speed is no speed. */
export function holdStill(
  next: AlongFilter,
  before: Readonly<AlongFilter>,
  measuredM: number,
  accuracyM: number,
): void {
  const radiusM = Math.max(STILL.radiusM, accuracyM)
  if (Math.abs(measuredM - before.anchorM) > radiusM || next.anchorMs === next.timeMs) {
    next.anchorM = next.alongM
    next.anchorMs = next.timeMs
    next.held = false
    return
  }
  if (((next.timeMs - next.anchorMs) / 1000) * STILL.mps < radiusM) return
  next.held = true
  next.alongM = before.held ? before.alongM : next.alongM
  next.speedMps = 0
  next.p = freshCovariance(accuracyM)
}
