/** Nodes of a real Redis, in one process. */

import { RedisMail } from '../../../src/adapters/distributed/mail.ts'
import { RedisConnections, type RedisSettings } from '../../../src/adapters/distributed/redis-client.ts'
import { RedisSnapshots } from '../../../src/adapters/distributed/snapshots.ts'
import { Metrics } from '../../../src/metrics.ts'

let serial = 0

export interface Node {
  mail: RedisMail
  metrics: Metrics
  /** What was reported. */
  errors: unknown[]
  close(): Promise<void>
}

/** A node of its own id; `open` its mail. */
export function openNode(settings: RedisSettings, name = 'node'): Node {
  const metrics = new Metrics()
  const errors: unknown[] = []
  const redis = new RedisConnections(settings, { metrics, onError: (error) => void errors.push(error) })
  const mail = new RedisMail({
    self: `${name}.${Date.now()}${++serial}`,
    redis,
    metrics,
    onError: (error) => void errors.push(error),
  })
  return {
    mail,
    metrics,
    errors,
    async close() {
      await mail.close()
      redis.close()
    },
  }
}

/** Snapshots of the epoch that `epoch` tells. */
export async function openStore(settings: RedisSettings, epoch = () => 1) {
  const metrics = new Metrics()
  const redis = new RedisConnections(settings, { metrics, onError: () => {} })
  const snapshots = new RedisSnapshots({ redis, metrics, epoch })
  await snapshots.open()
  return {
    snapshots,
    metrics,
    async close() {
      await snapshots.close()
      redis.close()
    },
  }
}
