/**
 * What an append costs this process, beside a control: kafkajs sending the same records in batches of the same size.
 *
 * CPU time of this process alone, not the brokers'. `bun bench/cluster/append.ts HOST:PORT[,HOST:PORT]` makes topics of its
 * own there, and removes them.
 */

import { Kafka, logLevel } from 'kafkajs'
import { openKafkaLog } from '../../src/adapters/distributed/log'
import { topicNames } from '../../src/adapters/distributed/topics'
import { configOf } from '../../src/config'
import { encodeRecord, OURS } from '../../src/domain/location-record'
import { Metrics } from '../../src/metrics'

const PARTITIONS = 12
const ORDERS = 5_000
const RECORDS = 40_000
const SIZES = [20, 200, 1_000]
const ROUNDS = 2
const T0 = 1_760_000_000_000

const brokers = process.argv[2]?.split(',')
if (brokers === undefined) {
  console.error('name the brokers: bun bench/cluster/append.ts HOST:PORT[,HOST:PORT]')
  process.exit(2)
}

const prefix = `bench-${Date.now()}.`
const log = await openKafkaLog(configOf({ brokers, partitions: PARTITIONS }), {
  node: 'bench.1',
  metrics: new Metrics(),
  onError: (error) => console.error(error),
  topicPrefix: prefix,
})
const kafka = new Kafka({ brokers, logLevel: logLevel.ERROR })
const producer = kafka.producer({ createPartitioner: () => (sent) => sent.message.partition as number })
await producer.connect()

const { location, rejected, facts } = topicNames(prefix)
const entries = Array.from({ length: ORDERS }, (_, i) => {
  const fix = { lat: 47 + i * 1e-5, lng: 9.5, device_time_ms: T0, accuracy_m: 8, id: `f${i}` }
  const order = { partnerId: `r${i}`, orderId: `o${i}`, assignment: T0, vouched: false, fixTimeMs: T0, receivedMs: T0 }
  const key = `o${i}`
  return { key, value: encodeRecord(fix, order), headers: OURS, partition: log.partitionOf(key) }
})
type Batch = typeof entries

async function measure(name: string, size: number, send: (batch: Batch) => Promise<unknown>): Promise<void> {
  const batchOf = (n: number) => Array.from({ length: size }, (_, i) => entries[(n * size + i) % ORDERS]) as Batch
  for (let n = 0; n < 20; n++) await send(batchOf(n))
  const [before, startedMs] = [process.cpuUsage(), performance.now()]
  for (let n = 0; n < RECORDS / size; n++) await send(batchOf(n))
  const { user, system } = process.cpuUsage(before)
  const perSecond = Math.round((RECORDS / (performance.now() - startedMs)) * 1_000)
  const costUs = ((user + system) / RECORDS).toFixed(1)
  console.log(`${name.padEnd(40)} ${costUs.padStart(6)} µs of CPU a record, ${perSecond} records/s`)
}

try {
  for (let round = 0; round < ROUNDS; round++) {
    for (const size of SIZES) {
      await measure(`control: sends of ${size}`, size, (messages) =>
        producer.send({ topic: location, acks: -1, messages }),
      )
      await measure(`${size} appends of one record at once`, size, (batch) =>
        Promise.all(batch.map((entry) => log.append([entry]))),
      )
      await measure(`appends of ${size} records`, size, (batch) => log.append(batch))
    }
  }
} finally {
  await producer.disconnect()
  await log.close()
  const admin = kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [location, rejected, ...Object.values(facts)] })
  await admin.disconnect()
}
