/** The composition root: opens what the settings ask for, joins the roles, listens; and takes it all down in order. */

import type { Context } from 'hono'
import { takeDataFolder } from './adapters/embedded/data-folder'
import { openAdapters } from './adapters/open'
import { type Config, signingKeysPath } from './config'
import type { OnError } from './errors'
import type { Assets } from './fanout/assets'
import { buildApp, type Env, type Handlers } from './http/app'
import { createAuthenticate, createVerifier } from './http/authenticate'
import { createClientAddress } from './http/client-address'
import { listen } from './http/listen'
import { operationsHandlers, type Readiness } from './http/operations'
import { createLogger, errorFields, type Logger } from './logger'
import { Metrics } from './metrics'
import type { RouteProvider } from './ports/routes'
import { AccessTable } from './tables/access'
import { OrderTable } from './tables/orders'
import { openTracing } from './tracing/open'
import { VERSION } from './version'

/** A server that listens. */
export interface RunningServer {
  url: string
  /** Unready, viewers told to come back, everything stored; then resolves. */
  close(): Promise<void>
}

/** What a start tells on the way. */
export interface StartHooks {
  /** The first admin's credentials, when this start made them; called even when the start fails after that. */
  onFirstAdmin?: (admin: { username: string; password: string }) => void
}

/** Starts zlt as `config` says. @throws DataFolderError, ListenError and what a broken database throws */
export async function startServer(config: Config, hooks: StartHooks = {}): Promise<RunningServer> {
  const logger = createLogger(config.logLevel)
  const metrics = new Metrics()
  const onError: OnError = (error, where) => {
    metrics.count('zlt_background_errors_total', 1, where.stage)
    logger.error('background_error', { ...where, ...errorFields(error) })
  }
  const folder = takeDataFolder(config.data)
  const closers: (() => void | Promise<void>)[] = [() => folder.release()]
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        // What else is open must be closed all the same, or the folder stays locked.
        onError(error, { stage: 'close' })
      }
    }
  }
  try {
    const tracing = await openTracing(config, config.role, metrics)
    closers.push(() => tracing?.close())
    const [orders, access] = [new OrderTable(), new AccessTable()]
    const adapters = await openAdapters(config, folder, { epoch: () => access.epoch, metrics, onError })
    closers.push(() => adapters.close())
    const { log } = adapters
    await log.tail('delivery.order.v1', (key, value) => orders.apply(key, value))
    await log.tail('delivery.access.v1', (key, value) => access.apply(key, value))

    const [{ openAuth }, { openSigningKeys }, { openDatabase }, { openFanout }, { ingestHandlers }, { OrderResolver }] =
      await Promise.all([
        import('./auth/open-auth'),
        import('./auth/signing-keys'),
        import('./store/sql'),
        import('./fanout/open-fanout'),
        import('./ingest/routes'),
        import('./ingest/resolve-orders'),
      ])
    const keys = await openSigningKeys(signingKeysPath(config), { create: true })
    const store = await openDatabase(config.database ?? folder.file('zlt.db'), { caFile: config.databaseCa })
    closers.push(() => store.close())
    const { issuer, tokenTtlMs, adminPassword, bodyLimitBytes: maxBodyBytes } = config
    const clientAddress = createClientAddress(config.trustedProxies)
    const addressOf = (c: Context<Env>) => clientAddress(c.req.raw, c.env.server.requestIP(c.req.raw)?.address ?? '')
    const verify = createVerifier(keys, issuer)
    const engine = await openEngine(config, logger)
    const fanout = await openFanout({
      log,
      ...(await adapters.openFanout()),
      engine,
      config,
      orders,
      access,
      verify,
      metrics,
      tracing,
      onError,
      now: Date.now,
    })
    closers.push(() => fanout.close())
    // After the owner of tracks: what this start still has to publish of forgotten orders must find it listening.
    const auth = await openAuth({
      store,
      log,
      keys,
      issuer,
      tokenTtlMs,
      adminPassword,
      onFirstAdmin: hooks.onFirstAdmin,
      maxBodyBytes,
      addressOf,
      onError,
    })
    closers.push(() => auth.close())
    const resolver = new OrderResolver(orders)
    metrics.gauge('zlt_requests_parked', () => resolver.parked)
    const pages = await openPages(config, logger)

    let closing = false
    const readiness = async (): Promise<Readiness> => {
      if (closing) return { status: 'unready', reasons: ['going away'] }
      const health = await log.health()
      return health.ok ? { status: 'ready', reasons: [] } : { status: 'unready', reasons: [health.reason] }
    }
    const handlers: Handlers = {
      ...operationsHandlers({ service: config.role, metrics, readiness }),
      ...auth.handlers,
      ...ingestHandlers({ log, resolver, metrics, batchLimit: config.batchLimit, tracing }, config),
      ...fanout.handlers,
    }
    const app = buildApp(handlers, createAuthenticate(verify), {
      publicRoutes: config.metricsPublic ? ['getMetrics'] : [],
      fallback: (request) => pages?.serve(request),
      onError: (error, traceId) => logger.error('request_failed', { trace_id: traceId, ...errorFields(error) }),
    })
    const server = listen({
      host: config.host,
      port: config.port,
      app,
      socket: fanout.socket,
      allowedOrigins:
        config.publicUrl === undefined
          ? config.allowedOrigins
          : [...config.allowedOrigins, new URL(config.publicUrl).origin],
      onAnswer: (status) => metrics.count('zlt_http_requests_total', 1, String(status)),
      onError: (error) => logger.error('request_failed', errorFields(error)),
    })
    closers.push(() => server.stop(true))
    logger.info('listening', { url: server.url.origin, role: config.role, data: folder.path, version: VERSION })
    return {
      url: server.url.origin,
      async close() {
        if (closing) return
        closing = true
        logger.info('closing')
        await fanout.drain()
        await closeAll()
        logger.info('closed')
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** Without a build of the pages (run from source) everything else works, and a log line says how to get them. */
async function openPages(config: Config, logger: Logger): Promise<Assets | undefined> {
  try {
    const { openPages } = await import('./fanout/pages')
    return await openPages(config)
  } catch (error) {
    logger.warn('no_pages', { hint: 'bun run build:web makes them', ...errorFields(error) })
    return undefined
  }
}

/** The routing engine that the settings name, if any. */
async function openEngine(config: Config, logger: Logger): Promise<RouteProvider | undefined> {
  if (config.routes === 'none') return undefined
  const { openRoutes } = await import('./adapters/routes/open')
  return openRoutes(config, { onBreaker: (state) => logger.warn('routes', { breaker: state }) })
}
