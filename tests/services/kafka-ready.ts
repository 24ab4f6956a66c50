/** Whether a Kafka does what its clients ask of it. */

import { type Admin, Kafka, logLevel, Partitioners } from 'kafkajs'

/** A topic that the start of a Kafka leaves behind: one partition on all nodes. */
export const READY_TOPIC = 'zlt-services-ready'

function client(brokers: string[]): Kafka {
  return new Kafka({
    clientId: 'zlt-services',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 500,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  })
}

/** Stores a record on all nodes, by a topic that it makes when there is none. @throws Error while Kafka cannot */
export async function storeOnAll(brokers: string[], nodeCount: number): Promise<void> {
  const kafka = client(brokers)
  await withAdmin(kafka, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: READY_TOPIC, numPartitions: 1, replicationFactor: nodeCount }],
    }),
  )
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  try {
    await producer.connect()
    await producer.send({ topic: READY_TOPIC, acks: -1, messages: [{ key: 'ready', value: 'yes' }] })
  } finally {
    await producer.disconnect()
  }
}

/** Asks one broker whether each replica on these nodes is in sync. @throws Error naming the first partition where not */
export async function expectInSync(broker: string, nodeIds: number[]): Promise<void> {
  await withAdmin(client([broker]), async (admin) => {
    const { topics } = await admin.fetchTopicMetadata()
    for (const { name, partitions } of topics) {
      for (const { partitionId, leader, replicas, isr } of partitions) {
        const missing = replicas.filter((id) => nodeIds.includes(id) && !isr.includes(id))
        if (leader < 0 || missing.length > 0)
          throw new Error(`${name} ${partitionId} lacks ${missing}, led by ${leader}`)
      }
    }
  })
}

async function withAdmin<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
