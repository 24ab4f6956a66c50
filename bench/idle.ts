/** Memory of a viewer that only waits. */

import { openViewers } from './support/raw-viewer'
import { type CaseResult, median, spread } from './support/result'
import { SUBJECTS, type Subject, startServerProcess } from './support/server-process'
import { makeWorld, type World } from './support/world'

const WARM_UP = 1_000
const VIEWERS = 5_000
const ROUNDS = 5
const MAX_KB = 6

/** Growth of resident memory per viewer, after full collections; each round in a fresh process. */
export async function benchIdle(): Promise<CaseResult[]> {
  const world = await makeWorld({ riders: 300, ordersPerRider: (WARM_UP + VIEWERS) / 300 })
  const tokens = new Map<string, string>()
  for (const order of world.orders) tokens.set(order, await world.customerToken(order))
  const kb: Record<Subject, number[]> = { zlt: [], control: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of SUBJECTS) kb[subject].push(await measure(subject, world, tokens))
  }
  world.remove()
  const zlt = median(kb.zlt)
  const note = `${VIEWERS} sockets after ${WARM_UP}, each of its own customer and order; ${ROUNDS} processes, zlt ${spread(kb.zlt)}, control ${spread(kb.control)}`
  const target = `≤ ${MAX_KB} KB`
  return [{ name: 'idle viewer', unit: 'KB', zlt, control: median(kb.control), target, ok: zlt <= MAX_KB, note }]
}

async function measure(subject: Subject, world: World, tokens: ReadonlyMap<string, string>): Promise<number> {
  const server = await startServerProcess(subject, world.folder)
  const open = (orders: readonly string[]) =>
    openViewers(
      server,
      orders,
      (order) => tokens.get(order) ?? '',
      () => {},
    )
  const first = await open(world.orders.slice(0, WARM_UP))
  const before = await server.rssBytes()
  const more = await open(world.orders.slice(WARM_UP))
  const after = await server.rssBytes()
  for (const viewer of [...first, ...more]) viewer.close()
  await server.stop()
  return (after - before) / more.length / 1024
}
