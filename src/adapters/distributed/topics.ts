/** The topics: made when they are missing, checked when they are there. */

import { type Admin, ConfigResourceTypes, type ITopicConfig, type ITopicMetadata } from 'kafkajs'
import type { Config } from '../../config'
import { UnreachableError } from '../../errors'
import { FACT_TOPICS, type FactTopic, LOCATION_TOPIC } from '../../ports/log'
import { answerWithin } from './answer-within'
import { reasonOf } from './kafka-client'

/** Records that cannot be read, with the reason. */
const REJECTED_TOPIC = 'delivery.location.rejected.v1'

const HOUR_MS = 3_600_000

/** A forgotten order's null stays so long: longer than anybody's tail is away, and than a stub of 25 h. */
const TOMBSTONE_MS = 26 * HOUR_MS

/** The largest record batch of topics that are not ours to measure: Kafka's default. */
const DEFAULT_BATCH_BYTES = 1_048_588

/** A rejected record carries its value, which may be as large as a record can be, and the reason. */
const REJECTED_BATCH_BYTES = 2 * DEFAULT_BATCH_BYTES

/** Brokers that were started together with us need a while. */
const PATIENCE_MS = 15_000
const PAUSE_MS = 200
const LEAVE_MS = 1_000

/** What the settings say of topics. */
export type TopicConfig = Pick<Config, 'partitions' | 'logRetentionMs' | 'replication'>

/** The topics' names in the cluster: the ports' names, or with a prefix so that tests can share one. */
export interface TopicNames {
  location: string
  rejected: string
  facts: Readonly<Record<FactTopic, string>>
}

/** What was found of a topic that is ready. */
export interface CheckedTopics {
  names: TopicNames
  /** The largest record batch each takes, bytes. */
  maxBatchBytes(topic: string): number
}

/** The topics are not as this program needs them. */
export class TopicError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'TopicError'
  }
}

export function topicNames(prefix = ''): TopicNames {
  const [order, access] = FACT_TOPICS
  return {
    location: `${prefix}${LOCATION_TOPIC}`,
    rejected: `${prefix}${REJECTED_TOPIC}`,
    facts: { [order]: `${prefix}${order}`, [access]: `${prefix}${access}` } as Record<FactTopic, string>,
  }
}

/**
 * Makes what is missing, and checks what is there. Several processes may do so at once. `onWaiting` hears why it takes
 * long, once.
 *
 * A topic that exists is never changed: its retention and replication are the operator's.
 * @throws TopicError that says which setting to change; UnreachableError when the brokers do not answer within 15 s
 */
export async function readyTopics(
  openAdmin: () => Admin,
  config: TopicConfig,
  { prefix = '', patienceMs = PATIENCE_MS, onWaiting = (_error: unknown) => {} } = {},
): Promise<CheckedTopics> {
  const names = topicNames(prefix)
  const deadlineMs = performance.now() + patienceMs
  let isWaiting = false
  for (;;) {
    // A new one each time: one that has met a broker which does not answer may not look for another.
    const admin = openAdmin()
    try {
      return await attempt(admin, names, config)
    } catch (error) {
      if (error instanceof TopicError) throw error
      if (performance.now() > deadlineMs) {
        const message = `ZLT_BROKERS: the topics could not be made or read: ${reasonOf(error)}`
        throw new UnreachableError(message, { cause: error })
      }
      if (!isWaiting) onWaiting(error)
      isWaiting = true
    } finally {
      await answerWithin(LEAVE_MS, 'leaving Kafka', admin.disconnect()).catch(() => {})
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

async function attempt(admin: Admin, names: TopicNames, config: TopicConfig): Promise<CheckedTopics> {
  await admin.connect()
  const made = await makeMissing(admin, names, config)
  const maxBatchBytes = await check(admin, names, config)
  // A leader that is named may not know of it yet: it does once it tells its offsets.
  for (const topic of made) await admin.fetchTopicOffsets(topic)
  return { names, maxBatchBytes }
}

async function makeMissing(admin: Admin, names: TopicNames, config: TopicConfig): Promise<string[]> {
  const existing = new Set(await admin.listTopics())
  const wanted = [names.location, names.rejected, ...Object.values(names.facts)]
  if (wanted.every((name) => existing.has(name))) return []
  const { brokers } = await admin.describeCluster()
  const topics = topicsToMake(names, config, brokers.length).filter(({ topic }) => !existing.has(topic))
  // False when another process was faster. Whether all are there is seen by the check.
  await admin.createTopics({ topics, timeout: 8_000, waitForLeaders: true })
  return topics.map(({ topic }) => topic)
}

/** What each topic is made with on a cluster of so many brokers. */
export function topicsToMake(names: TopicNames, config: TopicConfig, brokers: number): ITopicConfig[] {
  const replicationFactor = Math.min(config.replication, brokers)
  const inSync = replicationFactor >= 3 ? 2 : 1
  const make = (topic: string, numPartitions: number, entries: Record<string, string | number>): ITopicConfig => ({
    topic,
    numPartitions,
    replicationFactor,
    configEntries: Object.entries({ 'min.insync.replicas': inSync, ...entries }).map(([name, value]) => ({
      name,
      value: String(value),
    })),
  })
  const kept = {
    'cleanup.policy': 'delete',
    'retention.ms': config.logRetentionMs,
    // A segment goes as a whole: with an eighth, the oldest record is at most so much older than promised.
    'segment.ms': Math.ceil(config.logRetentionMs / 8),
    // "When the log took it": another program's stamp is not ours to believe.
    'message.timestamp.type': 'LogAppendTime',
  }
  const compacted = {
    'cleanup.policy': 'compact',
    // What is in the newest segment is not compacted: an hour of changes is what a start reads twice.
    'segment.ms': HOUR_MS,
    'min.cleanable.dirty.ratio': 0.1,
    'delete.retention.ms': TOMBSTONE_MS,
  }
  return [
    make(names.location, config.partitions, kept),
    make(names.rejected, 1, { ...kept, 'max.message.bytes': REJECTED_BATCH_BYTES }),
    ...Object.values(names.facts).map((name) => make(name, 1, compacted)),
  ]
}

async function check(admin: Admin, names: TopicNames, config: TopicConfig): Promise<(topic: string) => number> {
  const facts = Object.values(names.facts)
  const all = [names.location, names.rejected, ...facts]
  const { topics } = await admin.fetchTopicMetadata({ topics: all })
  for (const topic of topics) refuseOtherPartitions(topic, names, config)
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: all.map((name) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configNames: ['cleanup.policy', 'max.message.bytes'],
    })),
  })
  const settingOf = (topic: string, name: string) =>
    resources
      .find(({ resourceName }) => resourceName === topic)
      ?.configEntries.find(({ configName }) => configName === name)?.configValue
  for (const topic of facts) {
    const policy = settingOf(topic, 'cleanup.policy')
    if (policy !== undefined && policy !== 'compact') {
      throw new TopicError(`${topic} has cleanup.policy=${policy}, which loses facts: set it to compact`)
    }
  }
  const policy = settingOf(names.location, 'cleanup.policy')
  if (policy?.includes('compact')) {
    throw new TopicError(`${names.location} has cleanup.policy=${policy}, which loses fixes: set it to delete`)
  }
  return (topic) => Number(settingOf(topic, 'max.message.bytes') ?? DEFAULT_BATCH_BYTES)
}

function refuseOtherPartitions({ name, partitions }: ITopicMetadata, names: TopicNames, config: TopicConfig): void {
  const found = partitions.length
  if (partitions.some(({ leader }) => leader < 0)) throw new Error(`${name} has a partition without a leader`)
  if (name === names.location && found !== config.partitions) {
    const what = `${name} has ${found} partitions, the settings say ${config.partitions}`
    throw new TopicError(`${what}: the count is for life, so set ZLT_PARTITIONS=${found}`)
  }
  if (Object.values(names.facts).includes(name) && found !== 1) {
    throw new TopicError(`${name} has ${found} partitions and must have 1, so that facts keep their order`)
  }
}
