/** What operators ask of every process: is it alive, can it work, what has it counted, what is its API. */

import { ZltError } from '../errors'
import type { Metrics } from '../metrics'
import { VERSION } from '../version'
import type { Handlers } from './app'
import type { Service } from './routes'

/** Whether the process can do its work; `degraded` still serves. */
export interface Readiness {
  status: 'ready' | 'degraded' | 'unready'
  reasons: string[]
}

export interface OperationsDeps {
  service: Service | 'all'
  metrics: Metrics
  readiness(): Promise<Readiness>
}

export function operationsHandlers({ service, metrics, readiness }: OperationsDeps): Handlers {
  return {
    getHealth: (c) => c.json({ status: 'ok', version: VERSION, service }),
    async getReady(c) {
      const state = await readiness()
      const unready = state.status === 'unready'
      return c.json(state, unready ? 503 : 200, unready ? { 'retry-after': '1' } : {})
    },
    getMetrics(c) {
      if (c.get('claims')?.orders !== undefined) {
        throw new ZltError('forbidden', 'a token that names orders is good for those alone')
      }
      return c.body(metrics.render(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    },
    async getOpenApi(c) {
      const { openApiDocument } = await import('./openapi')
      return c.json(openApiDocument())
    },
    async getAsyncApi(c) {
      const { asyncApiDocument } = await import('./asyncapi')
      return c.json(asyncApiDocument())
    },
  }
}
