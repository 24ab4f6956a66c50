/** An order on the way along a real street, on a server of its own, for whoever measures or photographs its page. */

import { demoRoute, rideOf } from '../cli/demo/routes.ts'
import { openLocalKey } from '../cli/local-key.ts'
import { openBackend } from '../cli/riders/backend.ts'
import { startOwnServer } from '../cli/riders/own-server.ts'
import { configOf } from '../src/config.ts'

const orderId = 'pizza-7'
const riderId = 'mia'
/** Told at once, as from a phone that had no network for a moment. */
const toldS = 9

const route = demoRoute('schaan-vaduz')
const ride = rideOf(route)
/** The ride is joined where it has left the first village. */
const joinedMs = ride.whenAt(1_300)

export interface ScriptedRide {
  /** What the customer opens. */
  link: string
  /** Ends rider and server. */
  stop(): Promise<void>
}

/** Starts a server with one order, whose rider goes on until `stop`. @throws Error when a call is refused */
export async function startScriptedRide(): Promise<ScriptedRide> {
  const server = await startOwnServer()
  const { url } = server
  const mint = await openLocalKey(configOf({ data: server.dataFolder }))
  const backend = openBackend(url, await mint({ sub: 'shop', role: 'INTERNAL_SERVICE', ttlS: 900 }))
  const riderToken = await mint({ sub: riderId, role: 'DELIVERY_PARTNER', ttlS: 900 })
  const customerToken = await mint({ sub: 'c1', role: 'CUSTOMER', orders: [orderId], ttlS: 900 })

  async function send(fixes: Record<string, unknown>[]): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${riderToken}` }
    const response = await fetch(`${url}/location`, { method: 'POST', headers, body: JSON.stringify(fixes) })
    if (!response.ok) throw new Error(`the fixes were refused: ${response.status} ${await response.text()}`)
  }

  const { pickup, drop, vehicle, polyline, precision } = route
  const promised_ms = Date.now() + 12 * 60_000
  await backend.createOrder(orderId, { pickup, drop, vehicle, route: { polyline, precision }, promised_ms })
  await backend.assignOrder(orderId, riderId)
  await backend.setStatus(orderId, 'picked_up')
  const beginMs = Date.now() - toldS * 1_000
  await send(Array.from({ length: toldS }, (_, second) => fixOf(second * 1_000, beginMs + second * 1_000)))
  const onward = setInterval(() => void send([fixOf(Date.now() - beginMs, Date.now())]).catch(console.error), 1_000)
  return {
    link: `${url}/t/${orderId}#t=${customerToken}`,
    async stop() {
      clearInterval(onward)
      await server.stop()
    },
  }
}

/** The fix of the ride's moment `elapsedMs`, made at `atMs`. */
function fixOf(elapsedMs: number, atMs: number): Record<string, unknown> {
  const { lat, lng, speedMps, headingDeg } = ride.at(joinedMs + elapsedMs)
  const heading_deg = Math.round(headingDeg) % 360
  return { lat, lng, fix_time_ms: Math.round(atMs), accuracy_m: 5, speed_mps: speedMps, heading_deg }
}
