/** Members of a group while their brokers die and freeze. */

import { afterAll, afterEach, expect, test } from 'bun:test'
import { Kafka, logLevel } from 'kafkajs'
import { fresh } from '../../contract/recorder.ts'
import { type KafkaService, startKafka } from '../../services/kafka.ts'
import { type GroupMember, heldBy, startMember } from '../../support/group-member.ts'
import { type SteadyRecords, startSteadyRecords, undelivered } from '../../support/steady-records.ts'
import { until } from '../../support/until.ts'

const PARTITIONS = 6
const servers: KafkaService[] = []
const members: GroupMember[] = []
const flows: SteadyRecords[] = []

afterEach(async () => {
  await Promise.all(flows.splice(0).map((flow) => flow.stop()))
  await Promise.all(members.splice(0).map((member) => member.close()))
})
afterAll(async () => {
  for (const server of servers) await server.stop()
}, 30_000)

async function start(nodes: 1 | 3): Promise<KafkaService> {
  const server = await startKafka({ nodes })
  servers.push(server)
  return server
}

async function newTopic({ brokers }: KafkaService): Promise<string> {
  const topic = fresh('faults')
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true })
  await admin.disconnect()
  return topic
}

function join({ brokers }: KafkaService, topic: string, node: string): GroupMember {
  const member = startMember({ brokers, topic, group: topic, node })
  members.push(member)
  return member
}

async function flow({ brokers }: KafkaService, topic: string): Promise<SteadyRecords> {
  const records = await startSteadyRecords(brokers, topic, PARTITIONS)
  flows.push(records)
  return records
}

const total = ({ acknowledged }: SteadyRecords) =>
  [...acknowledged.values()].reduce((sum, { length }) => sum + length, 0)
const batchesSince = (ms: number, partition?: number) =>
  members.flatMap(({ events }) =>
    events.filter((one) => one.what === 'batch' && one.ms > ms && (partition ?? one.partition) === one.partition),
  )

/** The longest time in which no member was handed anything of one of the partitions, ms. */
function longestGapMs(fromMs: number): number {
  let longest = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const times = batchesSince(fromMs, partition).map(({ ms }) => ms)
    for (const [i, ms] of [fromMs, ...times].entries()) longest = Math.max(longest, (times[i] ?? ms) - ms)
  }
  return longest
}

test('after a broker’s restart following goes on, and partitions stay where they are', async () => {
  const server = await start(1)
  const topic = await newTopic(server)
  const records = await flow(server, topic)
  const [a, b] = [join(server, topic, 'a.1'), join(server, topic, 'b.1')]
  await until(() => heldBy(a).length === 3 && heldBy(b).length === 3, 'two share')
  await until(() => batchesSince(0).length > 50, 'records come')
  await server.kill()
  await Bun.sleep(2_000)
  await server.restart()
  const upMs = Date.now()
  const stored = total(records)
  await until(() => total(records) > stored, 'appends are acknowledged again', 30_000)
  const flowMs = Date.now()
  await until(
    () => Array.from({ length: PARTITIONS }, (_, i) => i).every((i) => batchesSince(upMs, i).length > 0),
    'records come again of every partition',
    30_000,
  )
  console.log('back', Date.now() - upMs, 'ms after the broker was, flow after', flowMs - upMs)
  console.log(
    'told again:',
    [a, b].flatMap(({ events }) => events.filter((one) => one.ms > upMs - 30_000 && one.what === 'assigned')).length,
  )
  await records.stop()
  await until(() => undelivered(records, members).length === 0, 'all delivered')
}, 120_000)

test('a frozen broker, for longer than kafkajs bears: following goes on by itself', async () => {
  const [server] = servers as [KafkaService]
  const topic = await newTopic(server)
  const records = await flow(server, topic)
  const a = join(server, topic, 'a.1')
  await until(() => heldBy(a).length === PARTITIONS && batchesSince(0).length > 20, 'records come')
  server.pause()
  await Bun.sleep(18_000)
  server.resume()
  const upMs = Date.now()
  await until(() => batchesSince(upMs + 50).length > 10, 'records come again', 20_000)
  console.log(
    'back',
    Date.now() - upMs,
    'ms after it thawed',
    a.events.filter((one) => one.what !== 'batch' && one.what !== 'committed').slice(-12),
  )
  await records.stop()
  await until(() => undelivered(records, members).length === 0, 'all delivered')
}, 120_000)

test('in a cluster of three, the killed coordinator of the group is done without', async () => {
  const server = await start(3)
  const topic = await newTopic(server)
  const records = await flow(server, topic)
  const [a, b] = [join(server, topic, 'a.1'), join(server, topic, 'b.1')]
  await until(() => heldBy(a).length === 3 && heldBy(b).length === 3, 'two share')
  await until(() => batchesSince(0).length > 50, 'records come')
  const admin = new Kafka({ brokers: server.brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: topic })
  await admin.connect()
  const describe = await admin.describeGroup()
  expect(describe.members).toHaveLength(2)
  await admin.disconnect()
  const coordinator = await coordinatorOf(server, topic)
  const killMs = Date.now()
  await server.node(coordinator).kill()
  await until(
    () => Array.from({ length: PARTITIONS }, (_, i) => i).every((i) => batchesSince(killMs + 1_500, i).length > 0),
    'records come again of every partition',
    30_000,
  )
  console.log(
    'killed coordinator',
    coordinator,
    'all partitions again after',
    Date.now() - killMs,
    'longest gap',
    longestGapMs(killMs),
  )
  console.log(
    [a, b].map(({ events }) =>
      events
        .filter((one) => one.ms > killMs && one.what !== 'batch' && one.what !== 'committed')
        .map((one) => `${one.ms - killMs} ${one.what} ${one.partition} ${one.text ?? ''}`),
    ),
  )
  expect(longestGapMs(killMs)).toBeLessThan(12_000)
  await Bun.sleep(2000)
  await records.stop()
  await until(() => undelivered(records, members).length === 0, 'all delivered')
}, 120_000)

/** The node that keeps a group. */
async function coordinatorOf({ brokers }: KafkaService, groupId: string): Promise<number> {
  let found = -1
  const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
    groupId: `${groupId}-asks`,
    partitionAssigners: [
      ({ cluster }) => {
        ask = async () => (await cluster.findGroupCoordinatorMetadata({ groupId })).coordinator.nodeId
        return {
          name: 'asks',
          version: 1,
          assign: async () => [],
          protocol: () => ({ name: 'asks', metadata: Buffer.alloc(0) }),
        }
      },
    ],
  })
  await consumer.connect()
  await consumer.subscribe({ topic: groupId })
  found = await ask()
  await consumer.disconnect()
  return found
}
let ask: () => Promise<number>
