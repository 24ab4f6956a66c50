/** The role fanout: owns partitions, serves viewers and pages. It needs log, mail, snapshots and tables, and no database. */

import type { Config } from '../config'
import type { Assets } from '../fanout/assets'
import { openFanout } from '../fanout/open-fanout'
import { errorFields, type Logger } from '../logger'
import type { RouteProvider } from '../ports/routes'
import { logCheck } from './log-check'
import type { Part, PartContext } from './part'
import type { Check } from './readiness'

export async function openPart(context: PartContext): Promise<Part> {
  const { adapters, config, logger } = context
  const { log } = adapters
  const engine = await openEngine(config, logger)
  const { mail, snapshots } = await adapters.openFanout()
  const fanout = await openFanout({ ...context, log, mail, snapshots, engine, now: Date.now })
  const pages = await openPages(config, logger)
  const checks: Check[] = [
    logCheck(log, 'degraded'),
    {
      name: 'the mail between nodes',
      silence: 'degraded',
      async run() {
        const health = await mail.health()
        if (!health.ok) return [{ status: 'degraded', reason: health.reason }]
        // Only while the mail answers: its loss alone is felt by the canaries of all nodes at once.
        return fanout.silences().map((reason) => ({ status: 'unready', reason }))
      },
    },
  ]
  return {
    handlers: fanout.handlers,
    socket: fanout.socket,
    fallback: (request) => pages?.serve(request),
    checks,
    leave: () => fanout.leave(),
    drain: () => fanout.drain(),
    close: () => fanout.close(),
  }
}

/** Without a build of the pages (run from source) everything else works, and a log line says how to get them. */
async function openPages(config: Config, logger: Logger): Promise<Assets | undefined> {
  try {
    const { openPages } = await import('../fanout/pages')
    return await openPages(config)
  } catch (error) {
    logger.warn('no_pages', { hint: 'bun run build:web makes them', ...errorFields(error) })
    return undefined
  }
}

/** The routing engine that the settings name, if any. */
async function openEngine(config: Config, logger: Logger): Promise<RouteProvider | undefined> {
  if (config.routes === 'none') return undefined
  const { openRoutes } = await import('../adapters/routes/open')
  return openRoutes(config, { onBreaker: (state) => logger.warn('routes', { breaker: state }) })
}
