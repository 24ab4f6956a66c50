/**
 * Servers for development: `bun tests/services/up.ts [--nodes 3]`. Prints the settings to export, and stops everything,
 * with its data, on Ctrl-C.
 */

import { parseArgs } from 'node:util'
import { startKafka } from './kafka.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

const { values } = parseArgs({ options: { nodes: { type: 'string', default: '1' } } })
if (values.nodes !== '1' && values.nodes !== '3') {
  console.error('--nodes is 1 or 3')
  process.exit(2)
}

const startedMs = performance.now()
const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop())
const starting = Promise.all([startKafka({ nodes: values.nodes === '3' ? 3 : 1 }), startRedis(), startPostgres()])
const servers = await Promise.race([starting, stopped])
// Before they all ran: what has started ends with this process.
if (servers === undefined) process.exit(130)
const [kafka, redis, postgres] = servers
console.error(
  `Kafka, Redis and Postgres run, after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s. Ctrl-C stops them.`,
)
console.log(`export ZLT_BROKERS=${kafka.brokers.join(',')}`)
console.log(`export ZLT_REDIS=${redis.url}`)
console.log(`export ZLT_DATABASE=${postgres.url}`)
const awake = setInterval(() => {}, 60_000)
await stopped
clearInterval(awake)
await Promise.all(servers.map((server) => server.stop()))
