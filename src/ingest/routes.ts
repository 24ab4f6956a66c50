/** The routes of the ingest role. */

import type { Handlers } from '../http/app'
import { readJson } from '../http/body'
import { type AcceptDeps, acceptFixes, renderResults } from './accept'
import { TurnBudget } from './turn-budget'

export interface IngestOptions {
  bodyLimitBytes: number
  /** What riders are told to wait between fixes. */
  fixIntervalMs: number
}

export function ingestHandlers(deps: AcceptDeps, options: IngestOptions): Handlers {
  const nextJson = JSON.stringify({ interval_ms: options.fixIntervalMs })
  const headers = { 'content-type': 'application/json' }
  const budget = new TurnBudget(options.bodyLimitBytes)
  return {
    async postLocation(c) {
      budget.spend(c.req.raw)
      const body = await readJson(c.req.raw, options.bodyLimitBytes)
      const { accepted, results } = await acceptFixes(deps, c.get('claims'), body, c.get('receivedMs'))
      const json = `{"accepted":${accepted},"results":${renderResults(results)},"next":${nextJson}}`
      // c.json() would make a Headers object first: 1 µs of the 25 that a request costs.
      return new Response(json, { status: 202, headers })
    },
  }
}
