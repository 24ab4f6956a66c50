/** What the topic of fixes really holds, read by a consumer of its own. */

import { Kafka, logLevel } from 'kafkajs'
import { LOCATION_TOPIC } from '../../../src/ports/log.ts'

/** Ids of fixes, and how many records hold one that another record holds too. */
export interface TopicFixes {
  ids: Set<string>
  copies: number
  /** Values of records that were moved to their order's partition, and how often each is there as such. */
  moved: Map<string, number>
}

const READ_MS = 120_000

/** Reads the whole topic. @throws Error when its end is not reached in time */
export async function readTopic(brokers: string[], topic: string = LOCATION_TOPIC): Promise<TopicFixes> {
  const kafka = new Kafka({ clientId: 'auditor', brokers, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const open = new Map(ends.filter(({ low, high }) => low !== high).map((one) => [one.partition, Number(one.high)]))
  const ids = new Set<string>()
  const moved = new Map<string, number>()
  let records = 0
  const consumer = kafka.consumer({ groupId: `auditor-${crypto.randomUUID()}` })
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`the end of ${topic} was not reached`)), READ_MS)
  try {
    if (open.size > 0) {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        async eachBatch({ batch }) {
          for (const { value, headers } of batch.messages) {
            if (headers?.['zlt-moved'] !== undefined) moved.set(String(value), (moved.get(String(value)) ?? 0) + 1)
            const id = idOf(value)
            if (id === undefined) continue
            ids.add(id)
            records += 1
          }
          if (Number(batch.lastOffset()) + 1 >= (open.get(batch.partition) ?? 0)) open.delete(batch.partition)
          if (open.size === 0) resolve()
        },
      })
      await done
    }
  } finally {
    clearTimeout(timer)
    await consumer.disconnect()
  }
  return { ids, copies: records - ids.size, moved }
}

function idOf(value: Buffer | null): string | undefined {
  try {
    const { id } = JSON.parse(String(value)) as { id?: unknown }
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

/** How many records the group of owners has not committed yet. */
export async function topicLag(brokers: string[]): Promise<number> {
  const admin = new Kafka({ clientId: 'auditor', brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const ends = await admin.fetchTopicOffsets(LOCATION_TOPIC)
    const [committed] = await admin.fetchOffsets({ groupId: 'zlt-fanout', topics: [LOCATION_TOPIC] })
    const at = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]))
    return ends.reduce((sum, { partition, high }) => sum + Number(high) - (at.get(partition) ?? 0), 0)
  } finally {
    await admin.disconnect()
  }
}
