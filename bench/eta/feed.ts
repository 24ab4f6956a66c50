/** What a phone makes of a trip: a reading now and then, blurred, lost, or sent late all at once. */

import { blur } from '../../cli/riders/gps-noise'
import type { Random } from '../../cli/riders/random'
import type { Trip, TripPoint } from './trips'

/** How bad the receiver and the network are. */
export interface Noise {
  name: string
  sigmaM: number
  loss: number
  /** Silences of this length, about one in 10 min; what was read meanwhile comes at their end. */
  outageS: number
}

export const NOISES: readonly Noise[] = [
  { name: 'clean', sigmaM: 0, loss: 0, outageS: 0 },
  { name: '8m', sigmaM: 8, loss: 0, outageS: 0 },
  { name: '20m', sigmaM: 20, loss: 0.05, outageS: 0 },
  { name: 'outages', sigmaM: 8, loss: 0.02, outageS: 90 },
]

/** One reading as the server gets it. */
export interface Delivered {
  lat: number
  lng: number
  timeMs: number
  receivedMs: number
  accuracyM?: number
  /** The true place on the route. */
  truthM: number
}

const NETWORK_MS = 200
const OUTAGE_EVERY_S = 600

/** The readings of a trip, in the order they arrive: recorded moments at least `intervalS` apart, nothing interpolated. */
export function feedOf(trip: Trip, intervalS: number, noise: Noise, random: Random): Delivered[] {
  const delivered: Delivered[] = []
  let lastMs = Number.NEGATIVE_INFINITY
  let outageUntilMs = 0
  for (const point of trip.points) {
    // Half a second early is the same beat.
    if (point.timeMs - lastMs < intervalS * 1000 - 500) continue
    const stepS = Math.min(60, (point.timeMs - lastMs) / 1000)
    lastMs = point.timeMs
    if (noise.outageS > 0 && point.timeMs > outageUntilMs && random.chance(stepS / OUTAGE_EVERY_S)) {
      outageUntilMs = point.timeMs + noise.outageS * 1000
    }
    if (random.chance(noise.loss)) continue
    delivered.push(read(point, Math.max(point.timeMs, outageUntilMs) + NETWORK_MS, noise, random))
  }
  return delivered
}

function read(point: TripPoint, receivedMs: number, { sigmaM }: Noise, random: Random): Delivered {
  const { timeMs, alongM } = point
  const place = sigmaM > 0 ? blur(point, sigmaM, random) : { lat: point.lat, lng: point.lng }
  return { ...place, timeMs, receivedMs, truthM: alongM }
}
