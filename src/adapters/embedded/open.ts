/** Opens the embedded tier: everything in one folder of one process. */

import type { Config } from '../../config'
import type { Adapters, Folder, OpenOptions } from '../../ports/adapters'
import { EmbeddedLog } from './log'
import { openLogFile } from './log-file'
import { LoopbackMail } from './mail'
import { EmbeddedSnapshots } from './snapshots'

/** @throws DataFolderError */
export async function openEmbedded(config: Config, folder: Folder, { onError }: OpenOptions): Promise<Adapters> {
  const file = openLogFile(folder.file('log.db'), config.logDurability, onError)
  const log = new EmbeddedLog(file, { retentionMs: config.logRetentionMs, onError })
  const snapshots = new EmbeddedSnapshots(file.db)
  const mail = new LoopbackMail(onError)
  return {
    log,
    openFanout: async () => ({ mail, snapshots }),
    async close() {
      await log.close()
      await mail.close()
      await snapshots.close()
      file.close()
    },
  }
}
