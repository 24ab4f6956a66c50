/** The only switch between the tiers: neither brokers nor Redis is embedded, both is distributed. */

import { type Config, isDistributed } from '../config'
import type { OnError } from '../errors'
import type { Log } from '../ports/log'
import type { Mail } from '../ports/mail'
import type { Snapshots } from '../ports/snapshots'
import type { DataFolder } from './embedded/data-folder'

export interface Adapters {
  log: Log
  mail: Mail
  snapshots: Snapshots
  close(): Promise<void>
}

/** A tier that this program cannot run. */
export class TierError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TierError'
  }
}

/** Opens log, mail and snapshots. @throws TierError */
export async function openAdapters(config: Config, folder: DataFolder, onError: OnError): Promise<Adapters> {
  if (isDistributed(config)) {
    throw new TierError('brokers and redis are set, but this version of zlt runs on one machine only; leave both out')
  }
  const [{ openLogFile }, { EmbeddedLog }, { EmbeddedSnapshots }, { LoopbackMail }] = await Promise.all([
    import('./embedded/log-file'),
    import('./embedded/log'),
    import('./embedded/snapshots'),
    import('./embedded/mail'),
  ])
  const file = openLogFile(folder.file('log.db'), config.logDurability, onError)
  const log = new EmbeddedLog(file, { retentionMs: config.logRetentionMs, onError })
  const snapshots = new EmbeddedSnapshots(file.db)
  const mail = new LoopbackMail(onError)
  return {
    log,
    mail,
    snapshots,
    async close() {
      await log.close()
      await mail.close()
      await snapshots.close()
      file.close()
    },
  }
}
