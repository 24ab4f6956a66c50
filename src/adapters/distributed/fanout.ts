/** What a fan-out node has in Redis: its mail and the snapshots, and the connections of both. */

import type { Metrics } from '../../metrics'
import type { FanoutAdapters, OpenOptions } from '../../ports/adapters'
import { RedisMail } from './mail'
import { RedisConnections, type RedisSettings } from './redis-client'
import { RedisSnapshots } from './snapshots'

/**
 * Opens both under the node's id. A Redis that cannot be reached is waited for in the background: viewers of this node's
 * own partitions are served without it. @throws Error that names the setting, when Redis refuses who we are
 */
export async function openRedisFanout(
  settings: RedisSettings,
  node: string,
  { epoch, metrics, onError }: OpenOptions & { metrics: Metrics },
): Promise<FanoutAdapters & { close(): Promise<void> }> {
  const redis = new RedisConnections(settings, { onError, metrics })
  const snapshots = new RedisSnapshots({ redis, metrics, epoch })
  const mail = new RedisMail({ self: node, redis, metrics, onError })
  try {
    await snapshots.open()
  } catch (error) {
    redis.close()
    throw error
  }
  return {
    mail,
    snapshots,
    async close() {
      redis.ending()
      await mail.close()
      await snapshots.close()
      redis.close()
    },
  }
}
