/** An open loop over a cluster: each fix has its time and waits for nobody; each is looked for at its viewers. */

import { Riding } from '../support/fixes'
import { RawConnection } from '../support/raw-http'
import { RawViewer } from '../support/raw-viewer'
import { until } from '../support/until'
import { orderName, riderName } from './orders-in-topic'

const CONNECTIONS = 256
const OPEN_AT_ONCE = 50

export interface Rider {
  id: string
  token: string
  orders: readonly string[]
}

/** Where a viewer of an order connects. */
export type Place = { host: string; port: number }

export interface LoopOptions {
  ingests: readonly Place[]
  riders: readonly Rider[]
  fixesPerS: number
  seconds: number
  /** How many frames a fix has to cause. */
  viewersPerOrder: number
}

/** Who waits for fixes by their number. */
export class Arrivals {
  onFix: (n: number) => void = () => {}

  /** Reads a frame without parsing it. */
  readonly onFrame = (payload: Buffer): void => {
    const start = payload.indexOf('"id":"')
    if (start > 0) this.onFix(Number(payload.toString('latin1', start + 6, payload.indexOf('"', start + 6))))
  }
}

/** Riders of the first `count` orders, with tokens. */
export async function makeRiders(
  count: number,
  tokenFor: (sub: string, order: string) => Promise<string>,
): Promise<Rider[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const orders = [orderName(n)]
      return { id: riderName(n), orders, token: await tokenFor(riderName(n), orderName(n)) }
    }),
  )
}

/** Opens viewers, each order's at `placesOf`. */
export async function openViewersAt(
  orders: readonly string[],
  placesOf: (order: string) => readonly Place[],
  token: string,
  arrivals: Arrivals,
): Promise<RawViewer[]> {
  const wanted = orders.flatMap((order) => placesOf(order).map((place) => ({ order, place })))
  const viewers: RawViewer[] = []
  for (let i = 0; i < wanted.length; i += OPEN_AT_ONCE) {
    const some = wanted.slice(i, i + OPEN_AT_ONCE)
    viewers.push(
      ...(await Promise.all(
        some.map(({ order, place }) => RawViewer.open(place.host, place.port, order, token, arrivals.onFrame)),
      )),
    )
  }
  return viewers
}

const riding = new Riding()
let nextNumber = 1

/** @returns the time of every frame from the moment its fix was due, sorted, ms */
export async function runLoop(arrivals: Arrivals, options: LoopOptions): Promise<Float64Array> {
  const { ingests, riders, fixesPerS, seconds, viewersPerOrder } = options
  const total = fixesPerS * seconds
  const first = nextNumber
  nextNumber += total
  const latenciesMs = new Float64Array(total * viewersPerOrder)
  let arrived = 0
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, i) => {
      const { host, port } = ingests[i % ingests.length] as Place
      return RawConnection.open(host, port)
    }),
  )
  const free = [...connections]
  const startMs = performance.now() + 10
  const dueMs = (n: number) => startMs + (n * 1_000) / fixesPerS
  arrivals.onFix = (number) => {
    const n = number - first
    if (n < 0 || n >= total) return
    latenciesMs[arrived] = performance.now() - dueMs(n)
    arrived += 1
  }
  let sent = 0
  const timer = setInterval(() => {
    while (sent < total && dueMs(sent) <= performance.now()) {
      const connection = free.pop()
      const rider = riders[sent % riders.length]
      if (connection === undefined || rider === undefined) return
      connection.send(riding.numbered(rider, rider.orders[0] as string, first + sent), () => void free.push(connection))
      sent += 1
    }
  }, 1)
  try {
    // A fix that is conflated behind a newer one never arrives; at these rates a rider has one fix under way.
    const deadlineMs = seconds * 1_000 + 10_000
    await until('the last frame', () => arrived >= total * viewersPerOrder, deadlineMs).catch(() =>
      console.error(`  ${total * viewersPerOrder - arrived} frames never came`),
    )
  } finally {
    clearInterval(timer)
    arrivals.onFix = () => {}
    for (const connection of connections) connection.close()
  }
  return latenciesMs.slice(0, arrived).sort()
}
