/** The contract of `Log`: every MUST of `src/ports/log.ts`, for any adapter. */

import { describeCases, type Skip } from './cases.ts'
import { APPEND_CASES } from './log-append.cases.ts'
import type { LogCase, OpenedLog } from './log-case.ts'
import { FACT_CASES } from './log-facts.cases.ts'
import { FOLLOW_CASES } from './log-follow.cases.ts'
import { REJECT_CASES } from './log-reject.cases.ts'

export const LOG_CASES: readonly LogCase[] = [...APPEND_CASES, ...FOLLOW_CASES, ...REJECT_CASES, ...FACT_CASES]

/** Runs the contract on what `open` opens, afresh for each case; cases use keys and groups of their own. */
export function describeLogContract(
  name: string,
  open: () => Promise<OpenedLog>,
  options: { skip?: readonly Skip[] } = {},
): void {
  describeCases(`${name} keeps the contract of Log`, LOG_CASES, open, options.skip)
}
