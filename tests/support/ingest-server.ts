/** The ingest role alone on a port of its own, over a log and a table that the test holds in its hands. */

import type { Role } from '../../src/domain/audience.ts'
import { createOrder, type Order } from '../../src/domain/order.ts'
import { buildApp } from '../../src/http/app.ts'
import { createAuthenticate } from '../../src/http/authenticate.ts'
import { listen } from '../../src/http/listen.ts'
import { OrderResolver } from '../../src/ingest/resolve-orders.ts'
import { ingestHandlers } from '../../src/ingest/routes.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Entry, Log } from '../../src/ports/log.ts'
import { OrderTable } from '../../src/tables/orders.ts'

export interface IngestServer {
  orders: OrderTable
  resolver: OrderResolver
  metrics: Metrics
  /** What the log took; its values parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into records of every form
  records: Record<string, any>[]
  /** What went to the log as unexpected failures of requests. */
  failures: unknown[]
  /** Called by each append; what it throws, the request gets. */
  onAppend: () => void | Promise<void>
  /** Puts an order into the table, as if its fact had come. */
  put(order: Partial<Order> & { id: string }): void
  post(sub: string, body: unknown, orders?: string[]): Promise<Response>
  url: string
  close(): void
}

/** Starts it; a token's text is its claims. */
export function startIngestServer(): IngestServer {
  const orders = new OrderTable()
  const resolver = new OrderResolver(orders)
  const metrics = new Metrics()
  const test = { records: [], failures: [], onAppend: () => {} } as unknown as IngestServer
  const log = {
    async append(entries: readonly Entry[]) {
      await test.onAppend()
      test.records.push(...entries.map(({ value }) => JSON.parse(value)))
    },
  } as unknown as Log
  const verify = (token: string) => JSON.parse(Buffer.from(token, 'base64url').toString())
  const options = { bodyLimitBytes: 256 * 1024, fixIntervalMs: 2_000 }
  const app = buildApp(
    ingestHandlers({ log, resolver, metrics, batchLimit: 200 }, options),
    createAuthenticate(verify),
    {
      onError: (error) => test.failures.push(error),
    },
  )
  const server = listen({
    host: '127.0.0.1',
    port: 0,
    app,
    allowedOrigins: [],
    onAnswer() {},
    onError: (e) => test.failures.push(e),
  })
  let rev = 0
  return Object.assign(test, {
    orders,
    resolver,
    metrics,
    url: server.url,
    put(order: Partial<Order> & { id: string }) {
      rev += 1
      orders.apply(order.id, JSON.stringify({ ...createOrder(order.id, {}, rev, rev), ...order, rev }))
    },
    post(sub: string, body: unknown, named?: string[]) {
      const claims = {
        sub,
        role: 'DELIVERY_PARTNER' satisfies Role,
        exp: 4_000_000_000,
        ...(named && { orders: named }),
      }
      const token = Buffer.from(JSON.stringify(claims)).toString('base64url')
      return fetch(`${server.url}/location`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    },
    close: () => void server.stop(),
  })
}
