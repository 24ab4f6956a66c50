/** What a case of `Log`'s contract is given. */

import type { Log } from '../../src/ports/log.ts'
import type { ContractCase, Opened } from './cases.ts'

export interface OpenedLog extends Opened {
  log: Log
  /** Closes the log in good order and opens it again on the same data. */
  reopen(): Promise<Log>
}

export type LogCase = ContractCase<OpenedLog>
