/** One process: the parts of its role, joined to one listener, and taken down in order. */

import { type Config, isDistributed } from '../config'
import { buildApp, type Handlers } from '../http/app'
import { createAuthenticate, createVerifier } from '../http/authenticate'
import { listen } from '../http/listen'
import { operationsHandlers, type Readiness } from '../http/operations'
import { errorFields } from '../logger'
import type { Adapters, Folder } from '../ports/adapters'
import { VERSION } from '../version'
import { beginEnd, type EndStep } from './begin-end'
import { factsCheck } from './facts-check'
import { type Keys, openKeys } from './keys'
import type { Core, Part, PartContext, StartHooks } from './part'
import { createReadiness } from './readiness'

/** A server that listens. */
export interface RunningServer {
  url: string
  /** Unready, work given away, viewers told to come back, everything stored; then resolves, within 20 s. */
  close(end?: EndStep): Promise<void>
}

/** Load balancers look every second or so: until they have, they go on sending here. */
const LINGER_MS = 2_000

type OpenPart = (context: PartContext, keys: Keys) => Promise<Part>

/**
 * The parts of each role, loaded only when theirs is the role. In `all`, fanout is before auth: what the relay still has
 * to publish of forgotten orders must find the owner of tracks listening.
 */
const PARTS: Readonly<Record<Config['role'], readonly (() => Promise<OpenPart>)[]>> = (() => {
  const auth = async () => (await import('./auth-part')).openPart
  const ingest = async () => (await import('./ingest-part')).openPart
  const fanout = async () => (await import('./fanout-part')).openPart
  return { all: [fanout, auth, ingest], auth: [auth], ingest: [ingest], fanout: [fanout] }
})()

/**
 * Runs the role that the settings name on what is open already; the caller closes that, after the node.
 * @throws ListenError, UnreachableError and what a broken database or key file throws
 */
export async function startNode(
  core: Core,
  folder: Folder & { readonly path: string },
  adapters: Adapters,
  hooks: StartHooks = {},
): Promise<RunningServer> {
  const { config, logger, metrics, onError, orders, access } = core
  const { log } = adapters
  const closers: (() => void | Promise<void>)[] = []
  const closeAll = async (end: EndStep) => {
    for (const close of closers.splice(0).reverse()) await end('close', close)
  }
  try {
    const keepsTables = config.role !== 'auth'
    if (keepsTables) {
      await log.tail('delivery.order.v1', (key, value) => orders.apply(key, value))
      await log.tail('delivery.access.v1', (key, value) => access.apply(key, value))
    }
    const openers = await Promise.all(PARTS[config.role].map((load) => load()))
    const keys = await openKeys(config, folder, onError)
    closers.push(() => keys.close())
    const verify = createVerifier(keys.ring, config.issuer)
    const parts: Part[] = []
    for (const open of openers) {
      const part = await open({ ...core, folder, adapters, verify, hooks }, keys)
      closers.push(() => part.close())
      parts.push(part)
    }

    let closing = false
    const checks = [
      ...(keepsTables ? [factsCheck(log, access)] : []),
      ...keys.checks,
      ...parts.flatMap((part) => part.checks),
    ]
    const state = createReadiness(checks)
    const readiness = async (): Promise<Readiness> =>
      closing ? { status: 'unready', reasons: ['going away'] } : state()
    const handlers: Handlers = operationsHandlers({ service: config.role, metrics, readiness })
    for (const part of parts) Object.assign(handlers, part.handlers)
    const app = buildApp(handlers, createAuthenticate(verify), {
      publicRoutes: config.metricsPublic ? ['getMetrics'] : [],
      service: config.role === 'all' ? undefined : config.role,
      fallback: (request) => parts.find(({ fallback }) => fallback !== undefined)?.fallback?.(request),
      onError: (error, traceId) => logger.error('request_failed', { trace_id: traceId, ...errorFields(error) }),
    })
    const socket = parts.find((part) => part.socket !== undefined)?.socket
    const server = listen({
      host: config.host,
      port: config.port,
      app,
      ...(socket !== undefined && { socket }),
      allowedOrigins:
        config.publicUrl === undefined
          ? config.allowedOrigins
          : [...config.allowedOrigins, new URL(config.publicUrl).origin],
      onAnswer: (status) => metrics.count('zlt_http_requests_total', 1, String(status)),
      onError: (error) => logger.error('request_failed', errorFields(error)),
    })
    closers.push(() => server.stop())
    logger.info('listening', { url: server.url, role: config.role, data: folder.path, version: VERSION })
    return {
      url: server.url,
      async close(end = beginEnd(onError)) {
        if (closing) return
        closing = true
        server.lastAnswers()
        logger.info('closing')
        const all = (step: 'leave' | 'drain') => Promise.all(parts.map((part) => end(step, () => part[step]?.())))
        // Alone, nobody would take over what is left: viewers go first.
        if (isDistributed(config)) await Promise.all([all('leave'), Bun.sleep(hooks.lingerMs ?? LINGER_MS)])
        await all('drain')
        await closeAll(end)
        logger.info('closed')
      },
    }
  } catch (error) {
    await closeAll(beginEnd(onError))
    throw error
  }
}
