/** The log on a real Kafka, with topics of its own. */

import { type KafkaLog, openKafkaLog } from '../../../src/adapters/distributed/log.ts'
import { configOf } from '../../../src/config.ts'
import { Metrics } from '../../../src/metrics.ts'
import { fresh } from '../../contract/recorder.ts'

export interface OpenKafkaLog {
  log: KafkaLog
  node: string
  metrics: Metrics
  /** What came to `onError`. */
  errors: unknown[]
}

/** Opens it as a node of its own; with the same `topicPrefix` it is another one on the same topics. */
export async function openKafkaLogAt(
  brokers: readonly string[],
  topicPrefix: string,
  partitions = 3,
): Promise<OpenKafkaLog> {
  const [node, metrics, errors] = [`${fresh('node')}.1`, new Metrics(), [] as unknown[]]
  const onError = (error: unknown) => void errors.push(error)
  const log = await openKafkaLog(configOf({ brokers, partitions }), { node, metrics, onError, topicPrefix })
  return { log, node, metrics, errors }
}
