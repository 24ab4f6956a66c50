/**
 * Benches of an installation of many processes: `bun bench/cluster.ts [rates] [scale] [relay] [bootstrap] [idle] [--json]`.
 * Everything, this generator included, shares one machine: what was saturated is said beside the figures.
 */

import { processCpuS } from '../cli/simulate/cpu'
import { Cluster } from '../tests/faults/cluster/cluster'
import type { RoleProcess } from '../tests/faults/cluster/role-process'
import { type Cost, cpuOf, measured } from './cluster/meters'
import { Arrivals, makeRiders, openViewersAt, type Place, runLoop } from './cluster/open-loop'
import { orderName, publishOrders } from './cluster/orders-in-topic'
import { ownerNames } from './cluster/owners'
import { median, percentile } from './support/result'

const RATES = [1_000, 2_000, 5_000]
const ROUNDS = 3
const ROUND_S = 10
const WARM_UP_S = 3
const PARTITIONS = 12

type Figures = Record<string, string | number>

const BENCHES: Record<string, () => Promise<Figures[]>> = { rates, scale, relay, bootstrap, idle }

const args = process.argv.slice(2)
const names = args.filter((arg) => !arg.startsWith('--'))
const unknown = names.filter((name) => BENCHES[name] === undefined)
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue
  console.error(`${name} …`)
  const figures = await bench()
  if (args.includes('--json')) console.log(JSON.stringify({ name, figures }))
  else console.table(figures)
}
process.exit(0)

/** Each order's viewer on a process that does not own it. */
async function rates(): Promise<Figures[]> {
  const orders = Math.max(...RATES)
  return withCluster({ ingest: 1, fanout: 2 }, orders, async (cluster) => {
    const { arrivals, riders } = await prepare(cluster, orders, 1)
    const figures: Figures[] = []
    await runLoop(arrivals, loop(cluster, riders, 500, WARM_UP_S, 1))
    for (const fixesPerS of RATES) {
      const [p50, p99]: [number[], number[]] = [[], []]
      const costs: Cost[] = []
      for (let round = 0; round < ROUNDS; round++) {
        costs.push(
          await measured(cluster, async () => {
            const times = await runLoop(arrivals, loop(cluster, riders, fixesPerS, ROUND_S, 1))
            p50.push(percentile(times, 0.5))
            p99.push(percentile(times, 0.99))
          }),
        )
      }
      figures.push({
        'fixes/s': fixesPerS,
        'p50 ms': round2(median(p50)),
        'p99 ms': round2(median(p99)),
        ...costFigures(costs, fixesPerS * ROUND_S),
      })
    }
    return figures
  })
}

/** The same work on one fan-out process and on three. */
async function scale(): Promise<Figures[]> {
  const fixesPerS = 2_000
  const figures: Figures[] = []
  for (const fanout of [1, 3]) {
    figures.push(
      ...(await withCluster({ ingest: 1, fanout }, fixesPerS, async (cluster) => {
        const { arrivals, riders } = await prepare(cluster, fixesPerS, 1)
        await runLoop(arrivals, loop(cluster, riders, 500, WARM_UP_S, 1))
        const costs: Cost[] = []
        for (let round = 0; round < ROUNDS; round++) {
          costs.push(
            await measured(
              cluster,
              async () => void (await runLoop(arrivals, loop(cluster, riders, fixesPerS, ROUND_S, 1))),
            ),
          )
        }
        return [{ 'fan-out processes': fanout, ...costFigures(costs, fixesPerS * ROUND_S) }]
      })),
    )
  }
  return figures
}

/** 500 fixes/s, three viewers an order, two nodes; beside two bare relays on the same topic in the same run. */
async function relay(): Promise<Figures[]> {
  const [fixesPerS, viewers] = [500, 3]
  return withCluster({ ingest: 1, fanout: 2 }, fixesPerS, async (cluster) => {
    const { arrivals, riders } = await prepare(cluster, fixesPerS, viewers)
    const relays = await Promise.all([startRelay(cluster), startRelay(cluster)])
    const bare = new Arrivals()
    const orders = riders.flatMap(({ orders }) => orders)
    await openViewersAt(
      orders,
      (order) =>
        spread(
          order,
          relays.map(({ place }) => place),
          viewers,
        ),
      '-',
      bare,
    )
    await runLoop(arrivals, loop(cluster, riders, fixesPerS, WARM_UP_S, viewers))
    const rounds: { zlt: number; relay: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = relays.map(({ pid }) => processCpuS(pid) ?? 0)
      const cost = await measured(
        cluster,
        async () => void (await runLoop(arrivals, loop(cluster, riders, fixesPerS, ROUND_S, viewers))),
      )
      const relayCpuS = relays.reduce((sum, { pid }, i) => sum + (processCpuS(pid) ?? 0) - (before[i] ?? 0), 0)
      const deliveries = fixesPerS * ROUND_S * viewers
      rounds.push({
        zlt: (1e6 * (cpuOf(cost, 'fanout') + cpuOf(cost, 'redis'))) / deliveries,
        relay: (1e6 * relayCpuS) / deliveries,
      })
    }
    for (const one of relays) one.stop()
    const [zlt, control] = [median(rounds.map(({ zlt }) => zlt)), median(rounds.map(({ relay }) => relay))]
    return [
      {
        'zlt µs CPU/delivery, Redis included': round2(zlt),
        'bare relay µs CPU/delivery': round2(control),
        ratio: round2(zlt / control),
      },
    ]
  })
}

/** From exec to ready with so many orders in the topic. */
async function bootstrap(): Promise<Figures[]> {
  const figures: Figures[] = []
  for (const orders of [100_000, 300_000]) {
    figures.push(
      ...(await withCluster({ ingest: 1, fanout: 1 }, orders, async (cluster) => {
        const rows: Figures[] = []
        for (const one of [...cluster.ingests, ...cluster.fanouts]) {
          await one.terminate()
          rows.push({
            orders,
            role: one.role,
            'ready after s': round2((await one.start()) / 1_000),
            'memory MiB': Math.round(one.rssMb()),
          })
        }
        return rows
      })),
    )
  }
  return figures
}

/** What a connected process costs while nothing happens. */
async function idle(): Promise<Figures[]> {
  return withCluster({ ingest: 1, fanout: 2 }, 100, async (cluster) => {
    await Bun.sleep(5_000)
    const cost = await measured(cluster, () => Bun.sleep(30_000))
    return Object.entries(cost.cpuS).map(([name, cpuS]) => ({
      process: name,
      '% of a core': round2((100 * cpuS) / cost.seconds),
    }))
  })
}

async function withCluster(
  size: { ingest: number; fanout: number },
  orders: number,
  work: (cluster: Cluster) => Promise<Figures[]>,
): Promise<Figures[]> {
  const cluster = await Cluster.start({ ...size, partitions: PARTITIONS })
  try {
    await publishOrders(cluster.kafka.brokers, orders)
    return await work(cluster)
  } finally {
    await cluster.stop()
  }
}

async function prepare(cluster: Cluster, orders: number, viewersPerOrder: number) {
  const riders = await makeRiders(orders, (sub, order) =>
    cluster.tokenFor({ role: 'DELIVERY_PARTNER', sub, orders: [order] }),
  )
  const watcher = await cluster.tokenFor({ role: 'INTERNAL_SERVICE', sub: 'bench' })
  const arrivals = new Arrivals()
  const owners = await ownerNames(cluster.redis.url)
  const others = (order: string): Place[] => {
    const owner = owners(order)
    const elsewhere = cluster.fanouts.filter(({ name }) => name !== owner)
    const nodes: readonly RoleProcess[] = elsewhere.length > 0 ? elsewhere : cluster.fanouts
    return spread(order, (viewersPerOrder === 1 ? nodes : cluster.fanouts).map(placeOf), viewersPerOrder)
  }
  await openViewersAt(
    riders.map(({ orders: [order] }) => order as string),
    others,
    watcher,
    arrivals,
  )
  return { arrivals, riders }
}

/** `count` places, beginning with another for each order. */
function spread(order: string, places: readonly Place[], count: number): Place[] {
  const from = Number(order.slice(orderName(0).length - 1))
  return Array.from({ length: count }, (_, i) => places[(from + i) % places.length] as Place)
}

function placeOf(one: RoleProcess): Place {
  const { hostname, port } = new URL(one.url)
  return { host: hostname, port: Number(port) }
}

function loop(
  cluster: Cluster,
  riders: Awaited<ReturnType<typeof makeRiders>>,
  fixesPerS: number,
  seconds: number,
  viewersPerOrder: number,
) {
  return { ingests: cluster.ingests.map(placeOf), riders, fixesPerS, seconds, viewersPerOrder }
}

function costFigures(costs: readonly Cost[], fixes: number): Figures {
  const perFix = (prefix: string) => round2(median(costs.map((cost) => (1e6 * cpuOf(cost, prefix)) / fixes)))
  const perSecond = (of: (cost: Cost) => number) => Math.round(median(costs.map((cost) => of(cost) / cost.seconds)))
  const busy = (cost: Cost) => cpuOf(cost, '') / cost.seconds
  return {
    'ingest µs/fix': perFix('ingest'),
    'fanout µs/fix': perFix('fanout'),
    'kafka µs/fix': perFix('kafka'),
    'redis µs/fix': perFix('redis'),
    'redis round trips/s': perSecond(({ redisTrips }) => redisTrips),
    'kafka round trips/s': perSecond(({ kafkaTrips }) => kafkaTrips),
    'cores busy, generator not included': round2(median(costs.map(busy))),
  }
}

async function startRelay(cluster: Cluster) {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/cluster/relay.ts`, ...cluster.kafka.brokers], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const port = Number(chunk.trim())
    return { pid: child.pid, place: { host: '127.0.0.1', port }, stop: () => child.kill() }
  }
  throw new Error('the relay ended at its start')
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
