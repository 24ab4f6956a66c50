/** The log as whoever is elected may use it: nothing is sent once the lease is lost. */

import type { FactTopic, Log } from '../ports/log'
import type { Lease } from '../store/database'

/** What the relay needs of the log. */
export type RelayLog = Pick<Log, 'publish' | 'tail' | 'mayHaveRewound'>

/**
 * Puts the lease before each publication. One that was under way when the lease was lost may arrive after the next
 * one's: a log takes no fencing token. Then `onDoubt` hears of its order, for it to be published anew; tables, which
 * keep the greater `rev`, were right all along.
 */
export function fencedLog(log: RelayLog, lease: Lease, onDoubt: (orderId: string) => void): RelayLog {
  return {
    tail: (topic, onFact) => log.tail(topic, onFact),
    mayHaveRewound: () => log.mayHaveRewound(),
    async publish(topic: FactTopic, key: string, value: string | null) {
      await lease.confirm()
      try {
        await log.publish(topic, key, value)
      } finally {
        await lease.confirm().catch((error: unknown) => {
          if (topic === 'delivery.order.v1') onDoubt(key)
          throw error
        })
      }
    },
  }
}
