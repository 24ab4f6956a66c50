/** Opens the distributed tier: Kafka for the log, Redis for mail and snapshots. */

import type { Config } from '../../config'
import type { Metrics } from '../../metrics'
import type { Adapters, Folder, OpenOptions } from '../../ports/adapters'
import { openKafkaLog } from './log'
import { nodeId } from './node-id'

/** A tier that this program cannot run. */
export class TierError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TierError'
  }
}

/** @throws TopicError when Kafka cannot be reached, or its topics are not as the settings say */
export async function openDistributed(
  config: Config,
  folder: Folder,
  { metrics, onError }: OpenOptions & { metrics: Metrics },
): Promise<Adapters> {
  // First of all: it is what Kafka knows this process by, and what mail is sent to.
  const node = nodeId(folder, config.nodeName, Date.now())
  const log = await openKafkaLog(config, { node, metrics, onError })
  return {
    log,
    async openFanout() {
      throw new TierError('brokers and redis are set, but this version of zlt runs on one machine only; leave both out')
    },
    close: () => log.close(),
  }
}
