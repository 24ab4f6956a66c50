/** The contract of `Log`: every MUST of `src/ports/log.ts`, for any adapter. */

import type { Log } from '../../src/ports/log.ts'
import { type ContractCase, describeCases, type Opened, type Skip } from './cases.ts'
import { APPEND_CASES } from './log-append.cases.ts'
import { FACT_CASES } from './log-facts.cases.ts'
import { FOLLOW_CASES } from './log-follow.cases.ts'

export interface OpenedLog extends Opened {
  log: Log
  /** Closes the log in good order and opens it again on the same data. */
  reopen(): Promise<Log>
}

export type LogCase = ContractCase<OpenedLog>

export const LOG_CASES: readonly LogCase[] = [...APPEND_CASES, ...FOLLOW_CASES, ...FACT_CASES]

/** Runs the contract on what `open` opens, afresh for each case; cases use keys and groups of their own. */
export function describeLogContract(
  name: string,
  open: () => Promise<OpenedLog>,
  options: { skip?: readonly Skip[] } = {},
): void {
  describeCases(`${name} keeps the contract of Log`, LOG_CASES, open, options.skip)
}
