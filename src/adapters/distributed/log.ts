/** The log on Kafka: what is appended, published and asked here goes by lanes; what is followed is in `follow.ts`. */

import { type Kafka, logLevel, type Producer } from 'kafkajs'
import { type OnError, ZltError } from '../../errors'
import type { Metrics } from '../../metrics'
import type { Entry, FactTopic, Follower, Following, Log, Rejected } from '../../ports/log'
import { answerWithin } from './answer-within'
import type { LaneRecord } from './batch-size'
import { ClusterProbe } from './cluster-probe'
import { KafkaFacts } from './facts'
import { startFollowing, type TopicFollowing } from './follow'
import { type ClusterConfig, countRequests, createKafka, RETRY, reasonOf } from './kafka-client'
import { clusterOf } from './kafka-cluster'
import { partitionOf } from './partitioner'
import { type LaneOptions, SendLane } from './send-lane'
import { readyTopics, type TopicConfig, TopicError, type TopicNames } from './topics'

/** A third less CPU than sending at once, for a delay nobody sees. */
const LINGER_MS = 2

/**
 * A round of fetches has its price whatever it brings, and so has all that follows from it: at 500 fixes/s a fifth to a
 * half of a node's CPU.
 */
const PAUSE_AFTER_FETCH_MS = 4

/** How long brokers may hold a send back for their replicas; as long as kafkajs waits for the answer. */
const ACK_TIMEOUT_MS = 1_000

/** So long an acknowledged append says that others would be. */
const FRESH_MS = 500
/** A send that has been under way so long will hardly be answered: appends are refused meanwhile. */
const STUCK_MS = 2_000

const CLOSE_MS = 1_000
const SETUP_TIMEOUT_MS = 10_000

/** Room for what a batch is besides its records. */
const BATCH_SHARE = 0.95

export interface KafkaLogOptions {
  /** This node's id; Kafka's clientId. */
  node: string
  metrics: Metrics
  onError: OnError
  /** Before the topics' names: so that tests share a cluster. */
  topicPrefix?: string
}

/**
 * Opens the log: makes or checks its topics, and connects.
 * @throws TopicError
 */
export async function openKafkaLog(config: ClusterConfig & TopicConfig, options: KafkaLogOptions): Promise<KafkaLog> {
  const { node, metrics, onError, topicPrefix = '' } = options
  // What fails here is tried again, and in the end told by an error of ours.
  const silent = { requestTimeout: SETUP_TIMEOUT_MS, logLevel: logLevel.NOTHING }
  const setup = createKafka(config, node, onError, silent)
  const { names, maxBatchBytes } = await readyTopics(() => setup.admin(), config, {
    prefix: topicPrefix,
    onWaiting: (error) => onError(error, { stage: 'kafka', waiting: 'for the topics to be ready' }),
  })

  const kafka = createKafka(config, node, onError)
  const [fixes, facts] = [producerOf(kafka, metrics), producerOf(kafka, metrics)]
  try {
    await Promise.all([fixes.connect(), facts.connect()])
  } catch (error) {
    await Promise.all([left(fixes), left(facts)])
    throw new TopicError(`ZLT_BROKERS: the brokers do not answer: ${reasonOf(error)}`, error)
  }
  return new KafkaLog({
    kafka,
    node,
    fixes,
    facts,
    names,
    maxBatchBytes,
    partitions: config.partitions,
    metrics,
    onError,
  })
}

function producerOf(kafka: Kafka, metrics: Metrics): Producer {
  const producer = kafka.producer({
    // A request timeout alone does not make kafkajs look for the new leader.
    metadataMaxAge: 1_000,
    retry: RETRY,
    allowAutoTopicCreation: false,
    // Records name their partition.
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition as number,
  })
  countRequests(producer, metrics)
  return producer
}

interface Parts {
  kafka: Kafka
  node: string
  /** Has connections of its own: brokers answer one request of a connection at a time. */
  fixes: Producer
  facts: Producer
  names: TopicNames
  maxBatchBytes(topic: string): number
  partitions: number
  metrics: Metrics
  onError: OnError
}

export class KafkaLog implements Log {
  readonly partitions: number
  readonly #parts: Parts
  readonly #fixes: SendLane
  readonly #rejects: SendLane
  readonly #factLanes: Readonly<Record<FactTopic, SendLane>>
  readonly #facts: KafkaFacts
  readonly #probe: ClusterProbe
  readonly #followings = new Set<TopicFollowing>()
  #closing: Promise<void> | undefined

  constructor(parts: Parts) {
    const { kafka, fixes, facts, names, metrics, onError } = parts
    this.partitions = parts.partitions
    this.#parts = parts
    const lane = (producer: Producer, topic: string, more: Partial<LaneOptions> = {}) =>
      new SendLane({
        send: sender(producer, topic),
        lingerMs: 0,
        maxBatchBytes: Math.floor(parts.maxBatchBytes(topic) * BATCH_SHARE),
        ...more,
      })
    this.#fixes = lane(fixes, names.location, {
      lingerMs: LINGER_MS,
      events: {
        stored: (seconds) => metrics.observe('zlt_log_append_seconds', seconds),
        sent(records) {
          metrics.count('zlt_log_sends_total')
          metrics.count('zlt_log_sent_records_total', records)
        },
        resent: (records) => metrics.count('zlt_log_resent_records_total', records),
        timedOut: () => metrics.count('zlt_log_append_timeouts_total'),
      },
    })
    this.#rejects = lane(facts, names.rejected)
    this.#factLanes = {
      'delivery.order.v1': lane(facts, names.facts['delivery.order.v1']),
      'delivery.access.v1': lane(facts, names.facts['delivery.access.v1']),
    }
    const probe = new ClusterProbe(() => clusterOf(kafka, metrics))
    this.#probe = probe
    this.#facts = new KafkaFacts({ kafka, probe, topics: names.facts, lanes: this.#factLanes, metrics, onError })
    metrics.gauge('zlt_log_waiting_records', () => this.#fixes.waitingRecords)
    metrics.gauge('zlt_facts_behind_seconds', () => this.factsBehindMs() / 1_000)
  }

  partitionOf(key: string): number {
    return partitionOf(key, this.partitions)
  }

  append(entries: readonly Entry[]): Promise<void> {
    return this.#fixes.append(
      entries.map(({ key, value, headers }) => ({ partition: partitionOf(key, this.partitions), key, value, headers })),
    )
  }

  async follow(group: string, follower: Follower): Promise<Following> {
    if (this.#closing !== undefined) throw new ZltError('log_unavailable', 'the log is closed')
    const { kafka, node, names, metrics, onError } = this.#parts
    const following = startFollowing({
      ...{ kafka, node, group, follower, metrics, onError },
      topic: names.location,
      pauseAfterFetchMs: PAUSE_AFTER_FETCH_MS,
    })
    this.#followings.add(following)
    await following.handedOver
    return following
  }

  reject(rejected: readonly Rejected[]): Promise<void> {
    return this.#rejects.append(
      rejected.map(({ partition, record: { at, key, value, headers }, reason }) => ({
        partition: 0,
        key,
        value,
        headers: { ...headers, 'zlt-reason': reason, 'zlt-partition': String(partition), 'zlt-offset': String(at) },
      })),
    )
  }

  async publish(topic: FactTopic, key: string, value: string | null): Promise<void> {
    await this.#facts.publish(topic, key, value)
  }

  async tail(
    topic: FactTopic,
    onFact: (key: string, value: string | null) => void,
  ): Promise<{ close(): Promise<void> }> {
    if (this.#closing !== undefined) throw new ZltError('log_unavailable', 'the log is closed')
    return this.#facts.tail(topic, onFact)
  }

  factsBehindMs(): number {
    return this.#facts.behindMs()
  }

  /** Brokers give an offset once; a cluster that was emptied has no epoch either, and so gets a new one. */
  mayHaveRewound(): boolean {
    return false
  }

  async health(): Promise<{ ok: true } | { ok: false; reason: string }> {
    if (this.#closing !== undefined) return { ok: false, reason: 'the log is closed' }
    const stuckMs = this.#fixes.stuckMs()
    if (stuckMs > STUCK_MS) {
      return { ok: false, reason: `Kafka has not acknowledged for ${Math.round(stuckMs / 1_000)} s` }
    }
    const agoMs = this.#fixes.lastStoredAgoMs()
    // Nothing tells better than an append that was acknowledged just now.
    if (agoMs !== undefined && agoMs < FRESH_MS) return { ok: true }
    try {
      const leaderless = await this.#probe.leaderless(this.#parts.names.location)
      return leaderless === 0 ? { ok: true } : { ok: false, reason: `${leaderless} partitions have no leader` }
    } catch {
      return { ok: false, reason: 'Kafka does not answer' }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { fixes, facts } = this.#parts
    const lanes = [this.#fixes, this.#rejects, ...Object.values(this.#factLanes)]
    await Promise.all([...this.#followings].map((following) => following.close()))
    await this.#facts.close()
    await Promise.all(lanes.map((lane) => lane.close()))
    this.#probe.close()
    await Promise.all([left(fixes), left(facts)])
  }
}

/** Sends and tells which partitions were acknowledged by all replicas in sync. */
function sender(producer: Producer, topic: string): LaneOptions['send'] {
  return async (records: readonly LaneRecord[]) => {
    const answers = await producer.send({
      topic,
      acks: -1,
      timeout: ACK_TIMEOUT_MS,
      // What kafkajs reads of a message is what a record has.
      messages: records as LaneRecord[],
    })
    return answers
  }
}

/** Disconnects, unless a broker that is gone makes it wait. */
async function left(client: { disconnect(): Promise<void> }): Promise<void> {
  await answerWithin(CLOSE_MS, 'leaving Kafka', client.disconnect()).catch(() => {})
}
