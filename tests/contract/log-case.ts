/** What a case of `Log`'s contract is given. */

import type { Log } from '../../src/ports/log.ts'
import type { ContractCase, Opened } from './cases.ts'

export interface OpenedLog extends Opened {
  log: Log
  /** Closes the log in good order and opens it again on the same data. */
  reopen(): Promise<Log>
  /** All that `reject` has kept, in the order it was kept. */
  rejected(): Promise<KeptRecord[]>
}

/** A rejected record as people find it. */
export interface KeptRecord {
  partition: number
  at: number
  key: string | null
  value: string | null
  headers: Record<string, string>
  reason: string
}

export type LogCase = ContractCase<OpenedLog>
