/** The epoch: an integer that names the log's incarnation; versions of positions compare only within one. */

import type { Log } from '../ports/log'
import { EPOCH_KEY } from '../tables/access'

/**
 * Publishes a new epoch when the log has none, or when it may have given offsets away twice.
 * It is above every former one, so that viewers drop what they have and none waits for offsets that never come.
 */
export async function ensureEpoch(
  log: Pick<Log, 'publish' | 'tail' | 'mayHaveRewound'>,
  nowMs: number,
): Promise<number> {
  let last = 0
  const tail = await log.tail('delivery.access.v1', (key, value) => {
    const epoch = Number(value)
    if (key === EPOCH_KEY && Number.isSafeInteger(epoch)) last = Math.max(last, epoch)
  })
  await tail.close()
  if (last > 0 && !log.mayHaveRewound()) return last
  const epoch = Math.max(nowMs, last + 1)
  await log.publish('delivery.access.v1', EPOCH_KEY, String(epoch))
  return epoch
}
