/** Appends while a leader is killed, and while one is frozen: acknowledged is stored, in order, and nobody waits for ever. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Kafka, logLevel } from 'kafkajs'
import { topicNames } from '../../../src/adapters/distributed/topics.ts'
import { fresh } from '../../contract/recorder.ts'
import { type KafkaNode, type KafkaService, startKafka } from '../../services/kafka.ts'
import { until } from '../../support/until.ts'
import { NumberedLoad } from './numbered-load.ts'
import { openKafkaLogAt } from './open-kafka-log.ts'
import { readTopic } from './read-topic.ts'

let kafka: KafkaService

beforeAll(async () => {
  kafka = await startKafka({ nodes: 3 })
}, 90_000)

afterAll(() => kafka?.stop())

/** The node that leads most partitions. */
async function leaderOf(topic: string): Promise<KafkaNode> {
  const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  await admin.disconnect()
  const leaders = topics[0]?.partitions.map(({ leader }) => leader) ?? []
  const count = (id: number) => leaders.filter((leader) => leader === id).length
  const [first] = kafka.nodes.map(({ id }) => id).sort((a, b) => count(b) - count(a))
  return kafka.node(first as number)
}

/** Breaks a leader under load and mends it; the load goes on all the while. */
async function underLoad(harm: (leader: KafkaNode) => Promise<void>, mend: (leader: KafkaNode) => Promise<void>) {
  const prefix = `${fresh('faults')}.`
  const topic = topicNames(prefix).location
  const { log, metrics } = await openKafkaLogAt(kafka.brokers, prefix, 6)
  const load = new NumberedLoad({ append: (entries) => log.append(entries), keys: 30, atOnce: 3 })
  try {
    await until(() => load.stored > 500, 'the load to begin', 20_000)
    const leader = await leaderOf(topic)
    const before = load.stored
    await harm(leader)
    await until(() => load.stored > before + 500, 'appends to go on without the leader', 20_000)
    await mend(leader)
    const mended = load.stored
    await until(() => load.stored > mended + 500, 'appends to go on afterwards', 20_000)
  } finally {
    await load.stop()
    await log.close()
  }
  return { load, metrics, debts: load.debts(await readTopic(kafka.brokers, topic)) }
}

describe('a leader', () => {
  test('that is killed costs no acknowledged record, no order, and nobody more than 3 s', async () => {
    const { load, debts } = await underLoad(
      (leader) => leader.kill(),
      (leader) => leader.restart(),
    )
    expect(debts).toEqual({ lost: [], disordered: [] })
    expect(load.longestMs).toBeLessThan(3_000)
    expect(Object.keys(load.failures).filter((code) => !['log_unavailable', 'overloaded'].includes(code))).toEqual([])
  }, 120_000)

  test('that freezes and wakes again costs no more', async () => {
    const { load, debts } = await underLoad(
      async (leader) => leader.pause(),
      async (leader) => leader.resume(),
    )
    expect(debts).toEqual({ lost: [], disordered: [] })
    expect(load.longestMs).toBeLessThan(3_000)
    expect(Object.keys(load.failures).filter((code) => !['log_unavailable', 'overloaded'].includes(code))).toEqual([])
  }, 120_000)
})
