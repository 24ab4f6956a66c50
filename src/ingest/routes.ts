/** The routes of the ingest role. */

import type { Handlers } from '../http/app'
import { readJson } from '../http/body'
import { type AcceptDeps, acceptFixes } from './accept'
import { TurnBudget } from './turn-budget'

export interface IngestOptions {
  bodyLimitBytes: number
  /** What riders are told to wait between fixes. */
  fixIntervalMs: number
}

export function ingestHandlers(deps: AcceptDeps, options: IngestOptions): Handlers {
  const next = { interval_ms: options.fixIntervalMs }
  const budget = new TurnBudget()
  return {
    async postLocation(c) {
      budget.spend()
      const body = await readJson(c.req.raw, options.bodyLimitBytes)
      const { accepted, results } = await acceptFixes(deps, c.get('claims'), body, c.get('receivedMs'))
      return c.json({ accepted, results, next }, 202)
    },
  }
}
