/** Whether the facts in memory are those of now: who may do what is decided by them. */

import type { Log } from '../ports/log'
import type { AccessTable } from '../tables/access'
import type { Check } from './readiness'

/** A table that is this far behind may show an order to a rider who no longer has it. */
const MAX_BEHIND_MS = 30_000

/** For every role that keeps tables. */
export function factsCheck(log: Log, access: AccessTable): Check {
  return {
    name: 'the facts',
    silence: 'unready',
    run() {
      if (access.epoch === 0) {
        return [{ status: 'unready', reason: 'the epoch is not known yet: an auth node publishes it when it starts' }]
      }
      const behindMs = log.factsBehindMs()
      if (behindMs <= MAX_BEHIND_MS) return []
      return [{ status: 'unready', reason: `orders and revocations are ${Math.round(behindMs / 1000)} s behind` }]
    },
  }
}
