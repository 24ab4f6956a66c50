/** Topics are made once, and what others made is checked. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { readyTopics, TopicError, topicNames, topicsToMake } from '../../../src/adapters/distributed/topics.ts'
import { UnreachableError } from '../../../src/errors.ts'
import { fresh } from '../../contract/recorder.ts'
import { sharedKafka } from '../../services/shared-servers.ts'

const CONFIG = { partitions: 3, logRetentionMs: 24 * 3_600_000, replication: 3 }

let brokers: string[]
const admins: Admin[] = []

const adminOf = () => new Kafka({ brokers, clientId: 'topics-test', logLevel: logLevel.NOTHING }).admin()

async function openAdmin(): Promise<Admin> {
  const admin = adminOf()
  admins.push(admin)
  await admin.connect()
  return admin
}

beforeAll(async () => {
  brokers = (await sharedKafka()).brokers
}, 60_000)

afterAll(async () => {
  for (const admin of admins) await admin.disconnect()
})

describe('topics', () => {
  test('are made as they must be, on as many brokers as there are', async () => {
    const admin = await openAdmin()
    const { names, maxBatchBytes } = await readyTopics(adminOf, CONFIG, { prefix: `${fresh('t')}.` })
    const { topics } = await admin.fetchTopicMetadata({ topics: [names.location, ...Object.values(names.facts)] })
    const partitionsOf = (topic: string) => topics.find(({ name }) => name === topic)?.partitions ?? []
    expect(partitionsOf(names.location).length).toBe(3)
    expect(Object.values(names.facts).map((topic) => partitionsOf(topic).length)).toEqual([1, 1])
    expect(partitionsOf(names.location)[0]?.replicas.length).toBe(1)
    const settingsOf = async (name: string) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name }],
      })
      return new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]))
    }
    const location = await settingsOf(names.location)
    expect(location.get('retention.ms')).toBe('86400000')
    expect(location.get('message.timestamp.type')).toBe('LogAppendTime')
    for (const name of Object.values(names.facts)) {
      const facts = await settingsOf(name)
      expect(facts.get('cleanup.policy')).toBe('compact')
      expect(Number(facts.get('delete.retention.ms'))).toBeGreaterThanOrEqual(25 * 3_600_000)
    }
    expect(maxBatchBytes(names.location)).toBe(1_048_588)
    expect(maxBatchBytes(names.rejected)).toBeGreaterThan(2 * 2 ** 20)
  })

  test('are made by many processes at once', async () => {
    const prefix = `${fresh('t')}.`
    const ready = await Promise.all(Array.from({ length: 5 }, () => readyTopics(adminOf, CONFIG, { prefix })))
    expect(ready.map(({ names }) => names)).toEqual(Array(5).fill(topicNames(prefix)))
  })

  test('with three brokers, a write waits for two', () => {
    const inSync = (replication: number, brokers: number) =>
      topicsToMake(topicNames(), { ...CONFIG, replication }, brokers).map(({ replicationFactor, configEntries }) => [
        replicationFactor,
        configEntries?.find(({ name }) => name === 'min.insync.replicas')?.value,
      ])[0]
    expect([inSync(3, 5), inSync(3, 3), inSync(3, 2), inSync(1, 3)]).toEqual([
      [3, '2'],
      [3, '2'],
      [2, '1'],
      [1, '1'],
    ])
  })
})

describe('a start is refused', () => {
  const refusal = async (config: typeof CONFIG, prefix: string, patienceMs?: number) =>
    readyTopics(adminOf, config, { prefix, ...(patienceMs && { patienceMs }) }).then(
      () => '',
      (error) => (error instanceof TopicError || error instanceof UnreachableError ? error.message : String(error)),
    )

  test('where the topic has another number of partitions, and told which setting to write', async () => {
    const prefix = `${fresh('t')}.`
    await readyTopics(adminOf, CONFIG, { prefix })
    expect(await refusal({ ...CONFIG, partitions: 12 }, prefix)).toBe(
      `${prefix}delivery.location.v1 has 3 partitions, the settings say 12: the count is for life, so set ZLT_PARTITIONS=3`,
    )
  })

  test('where facts would be lost, or would lose their order', async () => {
    const admin = await openAdmin()
    const entries = [{ name: 'cleanup.policy', value: 'delete' }]
    const wrong = `${fresh('t')}.`
    await admin.createTopics({
      topics: [{ topic: topicNames(wrong).facts['delivery.order.v1'], configEntries: entries }],
    })
    expect(await refusal(CONFIG, wrong)).toContain('set it to compact')
    const wide = `${fresh('t')}.`
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    await admin.createTopics({
      topics: [{ topic: topicNames(wide).facts['delivery.access.v1'], numPartitions: 2, configEntries }],
    })
    expect(await refusal(CONFIG, wide)).toContain('must have 1')
  })

  test('where fixes would be compacted away', async () => {
    const admin = await openAdmin()
    const prefix = `${fresh('t')}.`
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    const topic = topicNames(prefix).location
    await admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }] })
    expect(await refusal(CONFIG, prefix)).toContain('loses fixes')
  })

  test('where the brokers refuse, after some patience', async () => {
    const prefix = `${fresh('not a name!')}.`
    expect(await refusal(CONFIG, prefix, 300)).toStartWith('ZLT_BROKERS: ')
  })
})
