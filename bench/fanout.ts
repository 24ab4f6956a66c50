/** CPU of bringing a position to the one viewer of its order, beside a bare `send` of the same frame. */

import { postRequest, Riding } from './support/fixes'
import { ConnectionPool } from './support/raw-http'
import { openViewers } from './support/raw-viewer'
import { type CaseResult, ratioResult } from './support/result'
import { startServerProcess } from './support/server-process'
import { until } from './support/until'
import { makeWorld, type Rider } from './support/world'

const ORDERS_PER_RIDER = 20
const WATCHED_RIDERS = 50
const REQUESTS = 4_000
const CONNECTIONS = 8
const FRAMES_A_TICK = 100
const ROUNDS = 7

/**
 * Zlt's cost is a difference: the same fixes for orders that are watched and for others that are not, on one server.
 * Whatever a delivery adds is in it: the message to the hub, projection, composing, the versions kept, the send.
 */
export async function benchFanout(): Promise<CaseResult[]> {
  const world = await makeWorld({ riders: 2 * WATCHED_RIDERS, ordersPerRider: ORDERS_PER_RIDER })
  const watched = world.riders.slice(0, WATCHED_RIDERS)
  const unwatched = world.riders.slice(WATCHED_RIDERS)
  const orders = watched.flatMap((rider) => rider.orders)
  let deliveries = 0
  let frame = ''
  const count = (payload: Buffer) => {
    if (!payload.includes('"position"')) return
    deliveries += 1
    if (!payload.includes('"order":')) frame = payload.toString()
  }

  const zlt = await startServerProcess('zlt', world.folder)
  const zltViewers = await openViewers(zlt, orders, () => world.watcher, count)
  const control = await startServerProcess('control', world.folder)
  const controlViewers = await openViewers(control, orders, () => world.watcher, count)

  const riding = new Riding()
  const postFixes = async (riders: readonly Rider[]): Promise<number> => {
    let sent = 0
    const pool = await ConnectionPool.open(zlt, CONNECTIONS)
    const beforeUs = await zlt.cpuUs()
    const accepted = await pool.run(() => {
      const rider = sent++ < REQUESTS ? riders[sent % riders.length] : undefined
      return rider && riding.request(rider, rider.orders)
    })
    if (accepted !== REQUESTS) throw new Error(`accepted ${accepted} of ${REQUESTS}`)
    await settled(() => deliveries)
    pool.close()
    return (await zlt.cpuUs()) - beforeUs
  }
  const sendFrames = async (): Promise<number> => {
    const ticks = (REQUESTS * ORDERS_PER_RIDER) / FRAMES_A_TICK
    let sent = 0
    const pool = await ConnectionPool.open(control, 2)
    const beforeUs = await control.cpuUs()
    await pool.run(() =>
      sent++ < ticks ? postRequest('/send', 'none', frame, `X-Frames: ${FRAMES_A_TICK}\r\n`) : undefined,
    )
    await settled(() => deliveries)
    pool.close()
    return (await control.cpuUs()) - beforeUs
  }

  const rounds = { zlt: [] as number[], control: [] as number[] }
  for (let round = -2; round < ROUNDS; round++) {
    const withoutUs = await postFixes(unwatched)
    deliveries = 0
    const withUs = await postFixes(watched)
    const ofZlt = deliveries
    deliveries = 0
    const bareUs = await sendFrames()
    if (deliveries < 0.99 * REQUESTS * ORDERS_PER_RIDER) throw new Error(`control delivered ${deliveries}`)
    if (round < 0) continue
    rounds.zlt.push((withUs - withoutUs) / ofZlt)
    rounds.control.push(bareUs / deliveries)
    if (ofZlt < 0.9 * REQUESTS * ORDERS_PER_RIDER) throw new Error(`only ${ofZlt} positions were delivered`)
  }
  for (const viewer of [...zltViewers, ...controlViewers]) viewer.close()
  await zlt.stop()
  await control.stop()
  world.remove()
  const how = `${orders.length} viewers, one an order, frames of ${frame.length} bytes, ${REQUESTS * ORDERS_PER_RIDER} a round`
  return [ratioResult('fan-out, one viewer an order', 'µs CPU/delivery', rounds, 2, how)]
}

/** Waits until a count has stood still for a moment. */
async function settled(count: () => number): Promise<void> {
  let last = -1
  let sinceMs = performance.now()
  await until('the last frame', () => {
    if (count() !== last) {
      last = count()
      sinceMs = performance.now()
    }
    return performance.now() - sinceMs > 50
  })
}
