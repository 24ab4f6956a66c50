/** Reads a topic with a plain client, as another program would. */

import { Kafka, logLevel } from 'kafkajs'
import type { KeptRecord } from '../../contract/log-case.ts'
import { fresh } from '../../contract/recorder.ts'

/** A record as a plain consumer gets it. */
export interface ReadRecord {
  partition: number
  at: number
  key: string | null
  value: string | null
  headers: Record<string, string>
}

/** All records of the topic up to its end, in order within each partition. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<ReadRecord[]> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'reader', logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const left = new Map(ends.filter(({ low, high }) => low !== high).map((one) => [one.partition, Number(one.high)]))
  const records: ReadRecord[] = []
  if (left.size === 0) return records
  const consumer = kafka.consumer({ groupId: fresh('reader'), maxWaitTimeInMs: 100 })
  const done = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { partition, messages } }) => {
      for (const { offset, key, value, headers = {} } of messages) {
        const texts = Object.entries(headers).map(([name, text]) => [name, `${text}`])
        const at = Number(offset)
        records.push({
          partition,
          at,
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
          headers: Object.fromEntries(texts),
        })
        if (at + 1 >= (left.get(partition) ?? Number.POSITIVE_INFINITY)) left.delete(partition)
      }
      if (left.size === 0) done.resolve()
    },
  })
  await done.promise
  await consumer.disconnect()
  return records
}

/** What `reject` has kept: the place and the reason are in headers. */
export async function readRejected(brokers: readonly string[], topic: string): Promise<KeptRecord[]> {
  return (await readTopic(brokers, topic)).map(({ key, value, headers }) => {
    const { 'zlt-reason': reason = '', 'zlt-partition': partition, 'zlt-offset': at, ...own } = headers
    return { partition: Number(partition), at: Number(at), key, value, headers: own, reason }
  })
}
