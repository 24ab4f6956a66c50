/** A rider on a real street, whose fixes are sent as its phone would. */

import { demoRoute, rideOf } from '../../cli/demo/routes.ts'
import type { OrderInput } from '../../src/domain/order.ts'
import type { TestServer } from './server.ts'

/** A trip with a straight piece of 1.3 km on it, from 1.95 km on. */
const route = demoRoute('triesen-balzers')
const ride = rideOf(route)

/** Where the straight piece begins, in metres from the pickup. */
export const STRAIGHT_FROM_M = 1_960

/** The whole way, in metres. */
export const TRIP_LENGTH_M = ride.lengthM

/** What the shop says of an order on this trip. */
export const TRIP: OrderInput = { pickup: route.pickup, drop: route.drop, vehicle: 'van' }

/** The trip's line, for orders that tell their route. */
export const TRIP_ROUTE = { polyline: route.polyline, precision: route.precision }

/** The fix of a rider who is `alongM` metres along the trip, made `agoMs` before now. */
export function fixAt(alongM: number, agoMs = 0): Record<string, unknown> {
  const { lat, lng, headingDeg } = ride.at(ride.whenAt(alongM))
  return {
    lat,
    lng,
    fix_time_ms: Date.now() - agoMs,
    accuracy_m: 6,
    speed_mps: 12,
    heading_deg: Math.round(headingDeg) % 360,
  }
}

/** Sends the last `count` seconds of a rider who has come to `alongM` at 12 m/s. */
export async function arriveAt(server: TestServer, partner: string, alongM: number, count = 8): Promise<void> {
  const fixes = Array.from({ length: count }, (_, i) => fixAt(alongM - (count - 1 - i) * 12, (count - 1 - i) * 1_000))
  const { status, text } = await server.post(partner, fixes)
  if (status !== 202) throw new Error(`the fixes of ${partner} were refused: ${status} ${text}`)
}

/** Rides on from `alongM` at 12 m/s, a fix every `everyMs`, until `seconds` have passed. */
export async function rideOn(
  server: TestServer,
  partner: string,
  { fromM, seconds, everyMs = 1_000 }: { fromM: number; seconds: number; everyMs?: number },
): Promise<void> {
  const startMs = performance.now()
  for (let n = 1; n * everyMs <= seconds * 1_000; n++) {
    await Bun.sleep(Math.max(0, startMs + n * everyMs - performance.now()))
    const { status, text } = await server.post(partner, fixAt(fromM + (12 * n * everyMs) / 1_000))
    if (status !== 202) throw new Error(`a fix of ${partner} was refused: ${status} ${text}`)
  }
}
