/** Before a run: an order for each rider, assigned, and the tokens of both sides. */

import { forEachBounded } from '../riders/backend'
import { createRandom } from '../riders/random'
import { planOutages, planRider, type RideOptions } from './plan-rider'
import type { Ride } from './run'
import type { Target } from './target'
import type { TimedPath } from './timed-path'

export interface PrepareInput {
  target: Target
  paths: readonly TimedPath[]
  riders: number
  ride: RideOptions
  /** Below 1 a share of the riders, else a number of them. */
  outages: number
  seed: number
  /** Part of all ids: two runs against one server must not meet. */
  runId: string
  /** Hears of every order that was made, also when the rest fails: somebody has to remove them. */
  onOrder(orderId: string): void
  /** Ends the preparing. */
  signal: AbortSignal
}

/** Requests to the server at one time: enough to fill it, few enough to leave room for others. */
const AT_ONCE = 32

/** Creates what a run needs. @throws UnreachableError, RefusedError; what `signal` was aborted with */
export async function prepareRides(input: PrepareInput): Promise<Ride[]> {
  const { target, paths, riders, ride, seed, runId } = input
  const outages = planOutages(riders, input.outages, ride.durationMs, createRandom(seed, 'outages'))
  const rides: Ride[] = new Array(riders)
  const indexes = Array.from({ length: riders }, (_, index) => index)
  await forEachBounded(indexes, AT_ONCE, async (index) => {
    input.signal.throwIfAborted()
    const orderId = `sim-${runId}-${index}`
    const partnerId = `sim-${runId}-rider-${index}`
    const path = paths[index % paths.length] as TimedPath
    const last = path.points.at(-1)
    // A car is believed the greatest speed, so a replay faster than life is not refused as a leap.
    await target.backend.createOrder(orderId, {
      vehicle: 'car',
      ...(last && { drop: { lat: last.lat, lng: last.lng } }),
    })
    input.onOrder(orderId)
    await target.backend.assignOrder(orderId, partnerId)
    const [riderToken, viewerToken] = await Promise.all([
      target.tokenFor(orderId, 'DELIVERY_PARTNER', partnerId),
      target.tokenFor(orderId, 'CUSTOMER', `sim-${runId}-viewer-${index}`),
    ])
    const steps = planRider(path, ride, outages[index], createRandom(seed, `rider ${index}`))
    rides[index] = { orderId, partnerId, riderToken, viewerToken, steps }
  })
  return rides
}

/** Removes the run's orders from a server that goes on; what cannot be removed is left. */
export async function forgetOrders(target: Target, orderIds: readonly string[]): Promise<void> {
  await forEachBounded(orderIds, AT_ONCE, (orderId) => target.backend.forgetOrder(orderId).catch(() => {}))
}
