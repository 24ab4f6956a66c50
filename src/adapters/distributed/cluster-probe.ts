/** Short questions to the cluster, answered in time or not at all: for health, and for how far tails are. */

import { answerWithin } from './answer-within'
import { type KafkaCluster, offsetOf } from './kafka-cluster'

/** A connection gets so long to answer; then another one does, since the broker behind the first may be frozen. */
const ATTEMPT_MS = 450

/** Answers or throws within twice `ATTEMPT_MS`. */
export class ClusterProbe {
  #cluster: KafkaCluster | undefined
  #closed = false

  constructor(private readonly open: () => KafkaCluster) {}

  /** How many partitions of the topic nobody leads. */
  leaderless(topic: string): Promise<number> {
    return this.#ask(topic, async (cluster) => {
      return cluster.findTopicPartitionMetadata(topic).filter(({ leader }) => leader < 0).length
    })
  }

  /** The offset after the last record of partition 0. */
  end(topic: string): Promise<number> {
    return this.#ask(topic, (cluster) => offsetOf(cluster, topic, false))
  }

  close(): void {
    this.#closed = true
    this.#drop(this.#cluster)
  }

  async #ask<T>(topic: string, question: (cluster: KafkaCluster) => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(topic, question)
    } catch {
      return this.#attempt(topic, question)
    }
  }

  async #attempt<T>(topic: string, question: (cluster: KafkaCluster) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the log is closed')
    this.#cluster ??= this.open()
    const cluster = this.#cluster
    const ask = async () => {
      await cluster.connect()
      await cluster.addTargetTopic(topic)
      await cluster.refreshMetadata()
      return question(cluster)
    }
    const asked = ask()
    try {
      return await answerWithin(ATTEMPT_MS, 'Kafka', asked)
    } catch (error) {
      if (this.#cluster === cluster) this.#cluster = undefined
      // A connection that comes up after all must not stay.
      asked.catch(() => {}).finally(() => this.#drop(cluster))
      throw error
    }
  }

  #drop(cluster: KafkaCluster | undefined): void {
    cluster?.disconnect().catch(() => {})
  }
}
