/**
 * Reads one partition from an offset on, as a member of no group.
 *
 * kafkajs reads only in groups, and a new group costs a start: brokers hold its first join back for
 * `group.initial.rebalance.delay.ms`, 3 s by default, and it has a session to lose later. What is below a consumer in
 * kafkajs does no more than ask the partition's leader, and is taken from there.
 */

import type { Kafka } from 'kafkajs'
import type { Metrics } from '../../metrics'
import { clusterOf, type FetchedRecord, type KafkaCluster, offsetOf } from './kafka-cluster'

/** As much as a fetch brings at most; one record batch always comes whole. */
const MAX_BYTES = 4 * 2 ** 20

/** What one fetch brought. `high` is the offset after the last record there is. */
export interface Fetched {
  records: readonly FetchedRecord[]
  high: number
}

/** The partition does not have the offset: the topic was made anew, or compacted beyond it. */
export class OffsetGoneError extends Error {
  constructor() {
    super('the topic does not have the offset any more')
    this.name = 'OffsetGoneError'
  }
}

/** Reads partition 0 of `topic`. Once a method has thrown, its metadata may be old: make another. */
export class PartitionReader {
  readonly #cluster: KafkaCluster
  #left = false

  constructor(
    kafka: Kafka,
    private readonly topic: string,
    metrics: Metrics,
  ) {
    this.#cluster = clusterOf(kafka, metrics)
  }

  /** Which cluster it is: another one has other records at the same offsets. */
  get clusterId(): string | undefined {
    return this.#cluster.brokerPool.metadata?.clusterId
  }

  async connect(): Promise<void> {
    try {
      await this.#cluster.connect()
      await this.#cluster.addTargetTopic(this.topic)
      await this.#cluster.refreshMetadata()
    } finally {
      // Whoever waited for it may have left meanwhile.
      if (this.#left) await this.#cluster.disconnect()
    }
  }

  /** Where the partition begins, and the offset after its last record. */
  async bounds(): Promise<{ low: number; high: number }> {
    await this.#cluster.refreshMetadataIfNecessary()
    const low = await offsetOf(this.#cluster, this.topic, true)
    return { low, high: await offsetOf(this.#cluster, this.topic, false) }
  }

  /** Waits up to `maxWaitMs` for records from `offset` on. @throws OffsetGoneError */
  async fetch(offset: number, maxWaitMs: number): Promise<Fetched> {
    await this.#cluster.refreshMetadataIfNecessary()
    const leader = Object.keys(this.#cluster.findLeaderForPartitions(this.topic, [0]))[0]
    if (leader === undefined) throw new Error(`${this.topic} has no leader`)
    const broker = await this.#cluster.findBroker({ nodeId: leader })
    const fetchOffset = String(offset)
    try {
      const { responses } = await broker.fetch({
        replicaId: -1,
        isolationLevel: 0,
        maxWaitTime: maxWaitMs,
        minBytes: 1,
        maxBytes: MAX_BYTES,
        topics: [{ topic: this.topic, partitions: [{ partition: 0, fetchOffset, maxBytes: MAX_BYTES }] }],
      })
      const partition = responses[0]?.partitions[0]
      if (partition === undefined) throw new Error(`${this.topic} was not in the answer`)
      // A batch comes whole, also when it begins before what was asked for.
      const records = partition.messages.filter((one) => Number(one.offset) >= offset)
      return { records, high: Number(partition.highWatermark) }
    } catch (error) {
      if ((error as { type?: string }).type === 'OFFSET_OUT_OF_RANGE') throw new OffsetGoneError()
      throw error
    }
  }

  /** Closes the connections; a request under way fails. */
  async disconnect(): Promise<void> {
    this.#left = true
    await this.#cluster.disconnect()
  }
}
