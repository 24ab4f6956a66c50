/** Members of a group while their brokers die and freeze. */

import { afterAll, afterEach, expect, test } from 'bun:test'
import { type Cluster, Kafka, logLevel, type PartitionAssigner } from 'kafkajs'
import { fresh } from '../../contract/recorder.ts'
import { type KafkaService, startKafka } from '../../services/kafka.ts'
import { type GroupMember, heldBy, type MemberEvent, startMember } from '../../support/group-member.ts'
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

const batchesSince = (ms: number, partition?: number) =>
  members.flatMap(({ events }) =>
    events.filter((one) => one.what === 'batch' && one.ms > ms && (partition ?? one.partition) === one.partition),
  )

/** Whether every partition has come to a member since. */
const allCame = (sinceMs: number) => () =>
  Array.from({ length: PARTITIONS }, (_, partition) => partition).every((one) => batchesSince(sinceMs, one).length > 0)
const toldSince = (ms: number, what: MemberEvent['what']) =>
  members.flatMap(({ events }) => events.filter((one) => one.what === what && one.ms > ms))

test('after a broker’s restart following goes on', async () => {
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
  await until(allCame(upMs), 'records come again of every partition', 20_000)
  await records.stop()
  await until(() => undelivered(records, members).length === 0, 'all delivered')
}, 120_000)

test('after a freeze that kafkajs does not survive, following goes on by itself', async () => {
  const [server] = servers as [KafkaService]
  const topic = await newTopic(server)
  const records = await flow(server, topic)
  const a = join(server, topic, 'a.1')
  await until(() => heldBy(a).length === PARTITIONS && batchesSince(0).length > 20, 'records come')
  const frozenMs = Date.now()
  server.pause()
  // Beyond the silence after which a consumer is given up; its successor meets the freeze too.
  await Bun.sleep(11_000)
  server.resume()
  const upMs = Date.now()
  await until(allCame(upMs + 50), 'records come again', 20_000)
  // Nobody else could have taken them, so the follower has not been told a thing.
  expect(toldSince(frozenMs, 'revoked')).toEqual([])
  await records.stop()
  await until(() => undelivered(records, members).length === 0, 'all delivered')
}, 120_000)

test('in a cluster of three, the group does without its killed coordinator', async () => {
  const server = await start(3)
  const topic = await newTopic(server)
  const records = await flow(server, topic)
  const [a, b] = [join(server, topic, 'a.1'), join(server, topic, 'b.1')]
  await until(() => heldBy(a).length === 3 && heldBy(b).length === 3, 'two share')
  await until(() => batchesSince(0).length > 50, 'records come')
  const coordinator = await coordinatorOf(server, topic)
  await server.node(coordinator).kill()
  const killedMs = Date.now()
  await until(allCame(killedMs + 1_000), 'records come again of every partition', 30_000)
  await until(() => heldBy(a).length === 3 && heldBy(b).length === 3, 'two share again', 20_000)
  await records.stop()
  await until(() => undelivered(records, members).length === 0, 'all delivered')
}, 120_000)

/** The node that keeps a group. */
async function coordinatorOf({ brokers }: KafkaService, groupId: string): Promise<number> {
  let cluster: Cluster | undefined
  const take: PartitionAssigner = (context) => {
    cluster = context.cluster
    return {
      name: 'none',
      version: 1,
      assign: async () => [],
      protocol: () => ({ name: 'none', metadata: Buffer.of() }),
    }
  }
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: 'asks', partitionAssigners: [take] })
  await consumer.connect()
  await consumer.subscribe({ topic: groupId })
  const found = await cluster?.findGroupCoordinatorMetadata({ groupId })
  await consumer.disconnect()
  return found?.coordinator.nodeId ?? -1
}
