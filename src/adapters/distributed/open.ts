/** Opens the distributed tier: Kafka for the log, Redis for mail and snapshots. */

import type { Config } from '../../config'
import type { Metrics } from '../../metrics'
import type { Adapters, Folder, OpenOptions } from '../../ports/adapters'

/** A tier that this program cannot run. */
export class TierError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TierError'
  }
}

/** @throws TierError */
export async function openDistributed(
  _config: Config,
  _folder: Folder,
  _options: OpenOptions & { metrics: Metrics },
): Promise<Adapters> {
  throw new TierError('brokers and redis are set, but this version of zlt runs on one machine only; leave both out')
}
