/** From the moment a fix was to be sent to the moment its frame is read by its viewer. */

import { Riding } from './support/fixes'
import { RawConnection } from './support/raw-http'
import { openViewers } from './support/raw-viewer'
import { type CaseResult, format, median, percentile } from './support/result'
import { SUBJECTS, startServerProcess } from './support/server-process'
import { until } from './support/until'
import { makeWorld } from './support/world'

const VIEWERS = 2_000
const FIXES_PER_S = 2_000
const ROUND_S = 4
const ROUNDS = 5
const CONNECTIONS = 256
const MAX_P50_MS = 3
const MAX_P99_MS = 20

type Server = Awaited<ReturnType<typeof openServers>>[number]

/**
 * An open loop: each fix has its time, and waits for nobody. A fix that is sent late, because this generator or the
 * server was behind, counts from when it was due.
 */
export async function benchLatency(): Promise<CaseResult[]> {
  const world = await makeWorld({ riders: VIEWERS, ordersPerRider: 1 })
  const servers = await openServers(world)
  for (let round = -1; round < ROUNDS; round++) {
    for (const server of servers) {
      const seconds = round < 0 ? 2 : ROUND_S
      const latenciesMs = await runRound(server, world.riders, seconds)
      if (round < 0) continue
      server.p50.push(percentile(latenciesMs, 0.5))
      server.p99.push(percentile(latenciesMs, 0.99))
    }
  }
  for (const { viewers, process } of servers) {
    for (const viewer of viewers) viewer.close()
    await process.stop()
  }
  world.remove()
  const [zlt, control] = servers as [Server, Server]
  const load = `${FIXES_PER_S} fixes/s, ${VIEWERS} viewers, open loop; a control that misses too means that the machine was too busy to tell`
  const result = (name: string, of: 'p50' | 'p99', maxMs: number): CaseResult => ({
    name: `${name} ${of}`,
    unit: 'ms',
    zlt: median(zlt[of]),
    control: median(control[of]),
    target: `≤ ${maxMs} ms`,
    ok: median(zlt[of]) <= maxMs,
    note: `${load}; rounds: zlt ${zlt[of].map(format).join(' ')}, control ${control[of].map(format).join(' ')}`,
  })
  return [result('fix → frame', 'p50', MAX_P50_MS), result('fix → frame', 'p99', MAX_P99_MS)]
}

async function openServers(world: Awaited<ReturnType<typeof makeWorld>>) {
  return Promise.all(
    SUBJECTS.map(async (subject) => {
      const process = await startServerProcess(subject, world.folder)
      const arrivals = { onFix: (_id: number) => {} }
      const viewers = await openViewers(
        process,
        world.orders,
        () => world.watcher,
        (payload) => {
          const start = payload.indexOf('"id":"')
          if (start > 0) arrivals.onFix(Number(payload.toString('latin1', start + 6, payload.indexOf('"', start + 6))))
        },
      )
      return { process, arrivals, viewers, riding: new Riding(), p50: [] as number[], p99: [] as number[] }
    }),
  )
}

/** @returns the latencies, sorted */
async function runRound(
  { arrivals, process, riding }: Server,
  riders: Awaited<ReturnType<typeof makeWorld>>['riders'],
  seconds: number,
): Promise<Float64Array> {
  const total = FIXES_PER_S * seconds
  const latenciesMs = new Float64Array(total)
  let arrived = 0
  // Anew each round: a server closes a connection that rests for 10 s.
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => RawConnection.open(process.host, process.port)),
  )
  const free = [...connections]
  const startMs = performance.now() + 10
  const dueMs = (n: number) => startMs + (n * 1000) / FIXES_PER_S
  arrivals.onFix = (n) => {
    if (latenciesMs[n] !== 0) return
    latenciesMs[n] = performance.now() - dueMs(n)
    arrived += 1
  }
  let sent = 0
  const sendDue = () => {
    while (sent < total && dueMs(sent) <= performance.now()) {
      const connection = free.pop()
      const rider = riders[sent % riders.length]
      if (connection === undefined || rider === undefined) return
      connection.send(riding.numbered(rider, rider.orders[0] as string, sent), () => void free.push(connection))
      sent += 1
    }
  }
  const timer = setInterval(sendDue, 1)
  try {
    await until('the last fix', () => arrived === total, seconds * 1_000 + 10_000)
  } finally {
    clearInterval(timer)
    arrivals.onFix = () => {}
    for (const connection of connections) connection.close()
  }
  return latenciesMs.sort()
}
