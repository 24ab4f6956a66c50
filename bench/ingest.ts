/** CPU of accepting a fix: one a request, and twenty a request. */

import { Riding } from './support/fixes'
import { ConnectionPool } from './support/raw-http'
import { type CaseResult, ratioResult } from './support/result'
import { SUBJECTS, startServerProcess } from './support/server-process'
import { makeWorld } from './support/world'

const RIDERS = 1_000
const CONNECTIONS = 64
const ROUNDS = 7
const BATCH = 20

/** The server's CPU per fix, everything it does with it included: the answer, the log, and the tracker behind. */
export async function benchIngest(): Promise<CaseResult[]> {
  return [
    await benchBatch('ingest, one fix a request', 1, 15_000, 1.5),
    await benchBatch('ingest, twenty fixes a request', BATCH, 4_000, 3),
  ]
}

async function benchBatch(name: string, batch: number, requests: number, maxRatio: number): Promise<CaseResult> {
  const world = await makeWorld({ riders: RIDERS, ordersPerRider: 1 })
  const rounds = { zlt: [] as number[], control: [] as number[] }
  const servers = await Promise.all(
    SUBJECTS.map(async (subject) => {
      const server = await startServerProcess(subject, world.folder)
      return { subject, server, riding: new Riding() }
    }),
  )
  for (let round = -1; round < ROUNDS; round++) {
    for (const { subject, server, riding } of servers) {
      let sent = 0
      const next = () => {
        if (sent === requests) return undefined
        const rider = world.riders[sent++ % RIDERS]
        const order = rider?.orders[0]
        if (rider === undefined || order === undefined) throw new Error('every rider has an order')
        return batch === 1 ? riding.request(rider, [order]) : riding.backlog(rider, order, batch)
      }
      const pool = await ConnectionPool.open(server, CONNECTIONS)
      const beforeUs = await server.cpuUs()
      const accepted = await pool.run(next)
      const cpuUs = (await server.cpuUs()) - beforeUs
      pool.close()
      if (accepted !== requests) throw new Error(`${subject} accepted ${accepted} of ${requests}`)
      // The first round verifies tokens and lets the code get warm.
      if (round >= 0) rounds[subject].push(cpuUs / (requests * batch))
    }
  }
  for (const { server } of servers) await server.stop()
  world.remove()
  return ratioResult(
    name,
    'µs CPU/fix',
    rounds,
    maxRatio,
    `${requests} requests a round, ${CONNECTIONS} connections, closed loop`,
  )
}
