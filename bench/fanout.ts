/** CPU of bringing a position to the one viewer of its order, beside a bare `send`. */

import { Riding } from './support/fixes'
import { ConnectionPool } from './support/raw-http'
import { openViewers } from './support/raw-viewer'
import { type CaseResult, median, ratioResult } from './support/result'
import { type ServerProcess, SUBJECTS, startServerProcess } from './support/server-process'
import { until } from './support/until'
import { makeWorld, type Rider } from './support/world'

const ORDERS_PER_RIDER = 20
const WATCHED_RIDERS = 50
const REQUESTS = 4_000
const FIXES = REQUESTS * ORDERS_PER_RIDER
const CONNECTIONS = 8
const ROUNDS = 7

/** What a viewer's process has read; frames of one size or another are told apart by their average. */
interface Deliveries {
  count: number
  bytes: number
}

/**
 * The cost is a difference: the same fixes for orders that are watched and for others that are not, on one server.
 * Whatever a delivery adds is in it: the message to the hub, projection, composing, the versions kept, the send. The
 * control is measured the same way, so that its sends come as interleaved with requests and as bunched as zlt's.
 */
export async function benchFanout(): Promise<CaseResult[]> {
  const world = await makeWorld({ riders: 2 * WATCHED_RIDERS, ordersPerRider: ORDERS_PER_RIDER })
  const watched = world.riders.slice(0, WATCHED_RIDERS)
  const unwatched = world.riders.slice(WATCHED_RIDERS)
  const orders = watched.flatMap((rider) => rider.orders)
  const subjects = []
  for (const subject of SUBJECTS) {
    const server = await startServerProcess(subject, world.folder)
    const seen: Deliveries = { count: 0, bytes: 0 }
    const viewers = await openViewers(
      server,
      orders,
      () => world.watcher,
      (payload) => {
        if (!payload.includes('"position"')) return
        seen.count += 1
        seen.bytes += payload.length
      },
    )
    subjects.push({
      subject,
      server,
      viewers,
      seen,
      riding: new Riding(),
      withUs: [] as number[],
      baseUs: [] as number[],
    })
  }
  for (let round = -2; round < ROUNDS; round++) {
    for (const { subject, server, seen, riding, withUs, baseUs } of subjects) {
      const base = await postFixes(server, riding, unwatched, seen)
      seen.count = seen.bytes = 0
      const all = await postFixes(server, riding, watched, seen)
      if (seen.count < 0.95 * FIXES) throw new Error(`${subject} delivered only ${seen.count} of ${FIXES}`)
      if (round < 0) continue
      baseUs.push(base / FIXES)
      withUs.push(all / FIXES)
    }
  }
  const rounds = { zlt: [] as number[], control: [] as number[] }
  for (const { subject, server, viewers, withUs, baseUs } of subjects) {
    // The median of the base, not of differences: a checkpoint falls into one of many rounds, on either side.
    for (const us of withUs) rounds[subject].push(us - median(baseUs))
    for (const viewer of viewers) viewer.close()
    await server.stop()
  }
  world.remove()
  const sizes = subjects.map(({ seen }) => Math.round(seen.bytes / seen.count)).join(' and ')
  const how = `${orders.length} viewers, one an order, frames of ${sizes} bytes, ${FIXES} a round`
  return [ratioResult('fan-out, one viewer an order', 'µs CPU/delivery', rounds, 2, how)]
}

/** @returns the server's CPU in microseconds, until the last frame is read */
async function postFixes(
  server: ServerProcess,
  riding: Riding,
  riders: readonly Rider[],
  seen: Deliveries,
): Promise<number> {
  let sent = 0
  const pool = await ConnectionPool.open(server, CONNECTIONS)
  const beforeUs = await server.cpuUs()
  const accepted = await pool.run(() => {
    const rider = sent++ < REQUESTS ? riders[sent % riders.length] : undefined
    return rider && riding.request(rider, rider.orders)
  })
  pool.close()
  if (accepted !== REQUESTS) throw new Error(`accepted ${accepted} of ${REQUESTS}`)
  await settled(() => seen.count)
  return (await server.cpuUs()) - beforeUs
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
