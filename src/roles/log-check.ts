/** Whether the log takes what is sent to it. */

import type { Log } from '../ports/log'
import type { Check, Finding } from './readiness'

/** @param status how bad it is for the role when it does not */
export function logCheck(log: Log, status: Finding['status']): Check {
  return {
    name: 'the log',
    silence: status,
    async run() {
      const health = await log.health()
      return health.ok ? [] : [{ status, reason: health.reason }]
    },
  }
}
