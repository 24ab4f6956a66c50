/** The composition root: takes the folder, opens the tier that the settings ask for, and runs their role on it. */

import { takeDataFolder } from './adapters/embedded/data-folder'
import { openAdapters } from './adapters/open'
import type { Config } from './config'
import type { OnError } from './errors'
import { createLogger, errorFields } from './logger'
import { Metrics } from './metrics'
import { beginEnd, type EndStep } from './roles/begin-end'
import { type RunningServer, startNode } from './roles/node'
import type { Core, StartHooks } from './roles/part'
import { AccessTable } from './tables/access'
import { OrderTable } from './tables/orders'
import { openTracing } from './tracing/open'

/** Makes what a process has before anything is open. */
export function createCore(config: Config): Core {
  const logger = createLogger(config.logLevel)
  const metrics = new Metrics()
  const onError: OnError = (error, where) => {
    metrics.count('zlt_background_errors_total', 1, where.stage)
    logger.error('background_error', { ...where, ...errorFields(error) })
  }
  return { config, logger, metrics, onError, orders: new OrderTable(), access: new AccessTable() }
}

/** Starts zlt as `config` says. @throws DataFolderError, UnreachableError, ListenError and what a broken database throws */
export async function startServer(config: Config, hooks: StartHooks = {}): Promise<RunningServer> {
  const core = createCore(config)
  const { access, metrics, onError } = core
  const folder = takeDataFolder(config.data)
  const closers: (() => void | Promise<void>)[] = [() => folder.release()]
  const closeAll = async (end: EndStep) => {
    // What else is open must be closed all the same, or the folder stays locked.
    for (const close of closers.splice(0).reverse()) await end('close', close)
  }
  try {
    const tracing = await openTracing(config, config.role, metrics)
    closers.push(() => tracing?.close())
    const adapters = await openAdapters(config, folder, { epoch: () => access.epoch, metrics, onError })
    closers.push(() => adapters.close())
    const node = await startNode({ ...core, tracing }, folder, adapters, hooks)
    return {
      url: node.url,
      async close(end = beginEnd(onError)) {
        await node.close(end)
        await closeAll(end)
      },
    }
  } catch (error) {
    await closeAll(beginEnd(onError))
    throw error
  }
}
