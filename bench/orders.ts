/** Whether a fix costs the same however many orders there are. */

import { Riding } from './support/fixes'
import { ConnectionPool } from './support/raw-http'
import { type CaseResult, median, spread } from './support/result'
import { startServerProcess } from './support/server-process'
import { makeWorld } from './support/world'

const SIZES = [1_000, 50_000] as const
const REQUESTS = 20_000
const CONNECTIONS = 64
const ROUNDS = 7
const MAX_DRIFT = 0.25

/**
 * Two servers, one with 50 times the orders, riders and tracks of the other; every order of each is sent for.
 *
 * A checkpoint saves every changed order once, so where each order had only a few fixes since the last one, as with
 * 50,000 here, that save (13 µs) is shared by few. Without checkpoints the two differed by 20 % instead of 33 %.
 */
export async function benchOrders(): Promise<CaseResult[]> {
  const servers = []
  for (const size of SIZES) {
    const world = await makeWorld({ riders: size, ordersPerRider: 1 })
    const server = await startServerProcess('zlt', world.folder)
    servers.push({ world, server, riding: new Riding(), next: 0, us: [] as number[] })
  }
  for (let round = -1; round < ROUNDS; round++) {
    for (const one of servers) {
      const requests = round < 0 ? Math.max(REQUESTS, one.world.riders.length) : REQUESTS
      let sent = 0
      const pool = await ConnectionPool.open(one.server, CONNECTIONS)
      const beforeUs = await one.server.cpuUs()
      const accepted = await pool.run(() => {
        if (sent++ >= requests) return undefined
        // A stride that shares no factor with the sizes: neighbours in the tables do not come together.
        one.next = (one.next + 7_919) % one.world.riders.length
        const rider = one.world.riders[one.next]
        return rider && one.riding.request(rider, rider.orders)
      })
      if (accepted !== requests) throw new Error(`accepted ${accepted} of ${requests}`)
      const cpuUs = (await one.server.cpuUs()) - beforeUs
      pool.close()
      if (round >= 0) one.us.push(cpuUs / requests)
    }
  }
  for (const { server, world } of servers) {
    await server.stop()
    world.remove()
  }
  const [few, many] = servers.map(({ us }) => us) as [number[], number[]]
  const [zlt, control] = [median(many), median(few)]
  return [
    {
      name: `fix among ${SIZES[1]} orders (control: among ${SIZES[0]})`,
      unit: 'µs CPU/fix',
      zlt,
      control,
      target: `± ${MAX_DRIFT * 100} %`,
      ok: Math.abs(zlt / control - 1) <= MAX_DRIFT,
      note: `orders put into the database and the facts in one transaction each before the start; ${ROUNDS} rounds of ${REQUESTS}, ${spread(many)} and ${spread(few)}`,
    },
  ]
}
