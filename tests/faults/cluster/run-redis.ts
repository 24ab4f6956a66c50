/** Redis restarts empty, freezes, and drops all connections. */

import type { Report } from '../report.ts'
import type { Scene } from './scene.ts'
import { withScene } from './scene.ts'

export const name = 'cluster-redis'

const LIVE_WITHIN_MS = 5_000

export function run(report: Report): Promise<void> {
  return withScene(report, {}, async (scene) => {
    await fault(report, scene, 'restart empty', async ({ redis }) => {
      await redis.kill()
      await redis.restart()
    })
    await fault(report, scene, 'SIGSTOP 30 s', async ({ redis }) => {
      redis.pause()
      await Bun.sleep(30_000)
      redis.resume()
    })
    await fault(report, scene, 'CLIENT KILL TYPE normal', async ({ redis }) => {
      const { hostname, port } = new URL(redis.url)
      const { Redis } = await import('ioredis')
      const client = new Redis({ host: hostname, port: Number(port) })
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      client.disconnect()
    })
  })
}

/** Breaks it under load; a probe asks all the while whether requests are answered. */
async function fault(
  report: Report,
  { cluster, load }: Scene,
  what: string,
  breakIt: (cluster: Scene['cluster']) => Promise<void>,
): Promise<void> {
  report.progress(what)
  const closes = load.closes.length
  const evicted = await rebalances(cluster)
  const probe = startProbe(cluster)
  await breakIt(cluster)
  const backMs = performance.now()
  const live = await load.untilNewest(LIVE_WITHIN_MS).then(
    () => performance.now() - backMs,
    (error) => String(error),
  )
  report.check(`${what}: all live again ≤ 5 s after Redis answers`, typeof live === 'number', live)
  await Bun.sleep(4_000)
  report.check(`${what}: no socket was closed`, load.closes.length === closes, load.closes.length - closes)
  const after = await rebalances(cluster)
  report.check(`${what}: nobody was put out of the group`, after === evicted, `${evicted} → ${after} rebalances`)
  const worstMs = await probe.stop()
  report.check(`${what}: no request takes over 1 s`, worstMs <= 1_000, `${Math.round(worstMs)} ms`)
}

async function rebalances(cluster: Scene['cluster']): Promise<number> {
  let sum = 0
  for (const one of cluster.fanouts) {
    const count = (await one.metrics()).get('zlt_consumer_rebalances_total')
    // A name that is not there must not look like peace.
    if (count === undefined) throw new Error(`${one.name} counts no rebalances`)
    sum += count
  }
  return sum
}

/** Opens a track every 100 ms on each process in turn. */
function startProbe(cluster: Scene['cluster']) {
  let worstMs = 0
  let stopped = false
  const running = (async () => {
    const token = await cluster.tokenFor({ role: 'CUSTOMER', sub: 'customer-0', orders: ['order-0'] })
    for (let turn = 0; !stopped; turn++) {
      const { url } = cluster.fanouts[turn % cluster.fanouts.length] as { url: string }
      const path = ['/orders/order-0/track', '/orders/order-0/trail', '/readyz'][turn % 3]
      const sentMs = performance.now()
      await fetch(url + path, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(10_000) })
        .then((response) => response.text())
        .catch(() => undefined)
      worstMs = Math.max(worstMs, performance.now() - sentMs)
      await Bun.sleep(100)
    }
  })()
  return {
    async stop() {
      stopped = true
      await running
      return worstMs
    },
  }
}
