/** The only switch between the tiers: neither brokers nor Redis is embedded, both is distributed. */

import { type Config, isDistributed } from '../config'
import type { Metrics } from '../metrics'
import type { Adapters, Folder, OpenOptions } from '../ports/adapters'

/**
 * Opens the tier that the settings name.
 * @throws DataFolderError, and an Error that names the setting of a server that cannot be reached
 */
export async function openAdapters(
  config: Config,
  folder: Folder,
  options: OpenOptions & { metrics: Metrics },
): Promise<Adapters> {
  if (isDistributed(config)) {
    const { openDistributed } = await import('./distributed/open')
    return openDistributed(config, folder, options)
  }
  const { openEmbedded } = await import('./embedded/open')
  return openEmbedded(config, folder, options)
}
