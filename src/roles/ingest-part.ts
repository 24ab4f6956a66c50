/** The role ingest: takes fixes into the log. It needs the log and the table of orders, and neither database nor Redis. */

import { OrderResolver } from '../ingest/resolve-orders'
import { ingestHandlers } from '../ingest/routes'
import { logCheck } from './log-check'
import type { Part, PartContext } from './part'

export async function openPart({ adapters, config, metrics, orders, tracing }: PartContext): Promise<Part> {
  const { log } = adapters
  const resolver = new OrderResolver(orders)
  metrics.gauge('zlt_requests_parked', () => resolver.parked)
  return {
    handlers: ingestHandlers({ log, resolver, metrics, batchLimit: config.batchLimit, tracing }, config),
    checks: [logCheck(log, 'unready')],
    close: async () => {},
  }
}
