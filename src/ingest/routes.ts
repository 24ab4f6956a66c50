/** The routes of the ingest role. */

import type { Context } from 'hono'
import type { Env, Handlers } from '../http/app'
import { readJson } from '../http/body'
import { type Span, TRACEPARENT } from '../tracing'
import { type AcceptDeps, acceptFixes, renderResults } from './accept'
import { inSpan } from './traced-request'
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

  async function take(c: Context<Env>, span?: Span): Promise<Response> {
    budget.spend(c.req.raw)
    const body = await readJson(c.req.raw, options.bodyLimitBytes)
    const { accepted, results } = await acceptFixes(deps, c.get('claims'), body, c.get('receivedMs'), span)
    const json = `{"accepted":${accepted},"results":${renderResults(results)},"next":${nextJson}}`
    // c.json() would make a Headers object first: 1 µs of the 25 that a request costs.
    return new Response(json, { status: 202, headers })
  }

  return {
    postLocation(c) {
      const span = deps.tracing?.request('POST /location', c.req.raw.headers.get(TRACEPARENT))
      return span === undefined ? take(c) : inSpan(span, () => take(c, span))
    },
  }
}
