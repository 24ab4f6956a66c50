/** Opens the distributed tier: Kafka for the log, Redis for mail and snapshots. */

import type { Config } from '../../config'
import type { Metrics } from '../../metrics'
import type { Adapters, Folder, OpenOptions } from '../../ports/adapters'
import { openRedisFanout } from './fanout'
import { openKafkaLog } from './log'
import { nodeId } from './node-id'

/**
 * @throws UnreachableError when Kafka cannot be reached, TopicError when its topics are not as the settings say;
 * `openFanout` throws an Error that names the setting when Redis refuses who we are
 */
export async function openDistributed(
  config: Config,
  folder: Folder,
  options: OpenOptions & { metrics: Metrics },
): Promise<Adapters> {
  // First of all: it is what Kafka knows this process by, and what mail is sent to.
  const node = nodeId(folder, config.nodeName, Date.now())
  const log = await openKafkaLog(config, { node, metrics: options.metrics, onError: options.onError })
  let fanout: Awaited<ReturnType<typeof openRedisFanout>> | undefined
  return {
    log,
    async openFanout() {
      fanout = await openRedisFanout(config, node, options)
      return fanout
    },
    async close() {
      // The group is left first: a node that is gone from Redis while it still is a member would be put out.
      try {
        await log.close()
      } finally {
        await fanout?.close()
      }
    },
  }
}
