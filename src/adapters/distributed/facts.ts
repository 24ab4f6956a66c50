/** The facts: published one send at a time, tailed by as many as like. */

import type { Kafka } from 'kafkajs'
import type { OnError } from '../../errors'
import type { Metrics } from '../../metrics'
import { FACT_TOPICS, type FactTopic } from '../../ports/log'
import type { ClusterProbe } from './cluster-probe'
import { FactTail } from './fact-tail'
import { PartitionReader } from './partition-reader'
import type { SendLane } from './send-lane'

/** How often tails are compared with the ends of their topics. */
const COMPARE_MS = 5_000

const NO_HEADERS = {}

export interface FactsOptions {
  kafka: Kafka
  /** Asked for the ends of topics. */
  probe: ClusterProbe
  topics: Readonly<Record<FactTopic, string>>
  /** The way to each topic; one send at a time keeps the order. */
  lanes: Readonly<Record<FactTopic, SendLane>>
  metrics: Metrics
  onError: OnError
}

export class KafkaFacts {
  readonly #options: FactsOptions
  readonly #tails = new Map<FactTail, FactTopic>()
  readonly #comparing: Timer

  constructor(options: FactsOptions) {
    this.#options = options
    this.#comparing = setInterval(() => void this.#compare(), COMPARE_MS)
    this.#comparing.unref()
  }

  publish(topic: FactTopic, key: string, value: string | null): Promise<void> {
    return this.#options.lanes[topic].append([{ partition: 0, key, value, headers: NO_HEADERS }])
  }

  async tail(
    topic: FactTopic,
    onFact: (key: string, value: string | null) => void,
  ): Promise<{ close(): Promise<void> }> {
    const { kafka, topics, metrics, onError } = this.#options
    const openReader = () => new PartitionReader(kafka, topics[topic], metrics)
    const tail = new FactTail({ topic, openReader, onFact, onError })
    this.#tails.set(tail, topic)
    await tail.caughtUp()
    return {
      // Whoever closes has nothing to wait for; the log's own close waits for the connection.
      close: async () => void tail.close().finally(() => this.#tails.delete(tail)),
    }
  }

  /** For how long the one furthest behind has been so, ms. */
  behindMs(): number {
    const nowMs = performance.now()
    let behindMs = 0
    for (const tail of this.#tails.keys()) if (!tail.isClosed) behindMs = Math.max(behindMs, tail.behindMs(nowMs))
    return behindMs
  }

  async close(): Promise<void> {
    clearInterval(this.#comparing)
    await Promise.all([...this.#tails.keys()].map((tail) => tail.close()))
    this.#tails.clear()
  }

  async #compare(): Promise<void> {
    const { probe, topics } = this.#options
    for (const topic of FACT_TOPICS) {
      const tails = [...this.#tails].filter(([, own]) => own === topic)
      if (tails.length === 0) continue
      try {
        const end = await probe.end(topics[topic])
        for (const [tail] of tails) tail.compare(end, performance.now())
      } catch {
        // Unknown is not behind; that Kafka does not answer is told by health.
      }
    }
  }
}
