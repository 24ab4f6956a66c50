/** Offsets as the brokers know them. */

import type { Cluster } from 'kafkajs'
import type { Coordinator } from './consumer-cluster'

/** The next offset to be read at the end of each partition; without a transaction under way, the end of the log. */
export function endOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  return listOffsets(cluster, topic, partitions, false)
}

/** The oldest offset that each partition still has, or would have. */
export function oldestOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  return listOffsets(cluster, topic, partitions, true)
}

async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  fromBeginning: boolean,
): Promise<Map<number, number>> {
  if (partitions.length === 0) return new Map()
  const asked = partitions.map((partition) => ({ partition }))
  const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: asked, fromBeginning }])
  return new Map(answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
}

/** Where a group goes on, by partition; those it has never committed are left out. */
export async function committedOffsets(
  coordinator: Coordinator,
  groupId: string,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  const topics = [{ topic, partitions: partitions.map((partition) => ({ partition, offset: '' })) }]
  const { responses } = await coordinator.offsetFetch({ groupId, topics })
  const answered = responses.flatMap((response) => response.partitions)
  return new Map(
    answered.map(({ partition, offset }) => [partition, Number(offset)] as const).filter(([, at]) => at >= 0),
  )
}
