/**
 * What lies below kafkajs' clients: its view of the cluster, for questions that no client asks well.
 *
 * Consumers read only in groups, and the admin never looks at metadata again: after a leader has moved, it asks the former
 * one for ever.
 */

import type { Kafka } from 'kafkajs'
import type { Metrics } from '../../metrics'

/** The part of kafkajs' `Cluster` that is used here. */
export interface KafkaCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[]
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(query: { nodeId: string }): Promise<KafkaBroker>
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ partitions: { offset: string }[] }[]>
  brokerPool: { metadata?: { clusterId?: string } }
}

/** One connection of kafkajs, with the protocol's own requests. */
export interface KafkaBroker {
  fetch(request: object): Promise<{ responses: { partitions: PartitionResponse[] }[] }>
}

interface PartitionResponse {
  highWatermark: string
  messages: FetchedRecord[]
}

/** A record as kafkajs decodes it. */
export interface FetchedRecord {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  isControlRecord: boolean
}

const CREATE_CLUSTER = 'private:Kafka:createCluster'

/** The cluster that kafkajs would make for a client, with connections of its own and the settings of `kafka`. */
export function clusterOf(kafka: Kafka, metrics: Metrics): KafkaCluster {
  const make = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER)
  if (make === undefined) throw new Error('this version of kafkajs has no cluster to ask')
  const instrumentationEmitter = {
    emit(name: string, payload: { apiName: string }) {
      if (name === 'network.request') metrics.count('zlt_kafka_requests_total', 1, payload.apiName)
    },
  }
  const options = { metadataMaxAge: 60_000, allowAutoTopicCreation: false, isolationLevel: 0 }
  const makers = kafka as unknown as Record<symbol, (options: object) => KafkaCluster>
  return makers[make]?.({ ...options, instrumentationEmitter }) as KafkaCluster
}

/** Where partition 0 of a topic begins, or the offset after its last record. */
export async function offsetOf(cluster: KafkaCluster, topic: string, fromBeginning: boolean): Promise<number> {
  const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition: 0 }], fromBeginning }])
  const offset = Number(found?.partitions[0]?.offset)
  if (!Number.isSafeInteger(offset)) throw new Error(`${topic} does not tell its offsets`)
  return offset
}
