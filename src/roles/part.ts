/** What a role brings into its process, and what it is given for it. */

import type { WebSocketHandler } from 'bun'
import type { Config } from '../config'
import type { OnError } from '../errors'
import type { Handlers } from '../http/app'
import type { VerifyToken } from '../http/authenticate'
import type { Logger } from '../logger'
import type { Metrics } from '../metrics'
import type { Adapters, Folder } from '../ports/adapters'
import type { AccessTable } from '../tables/access'
import type { OrderTable } from '../tables/orders'
import type { Tracing } from '../tracing'
import type { Check } from './readiness'

/** What every process has before it opens anything. */
export interface Core {
  config: Config
  logger: Logger
  metrics: Metrics
  onError: OnError
  /** Empty at first; filled by the log's facts, where the role needs them. */
  orders: OrderTable
  access: AccessTable
  /** Where traces are wanted. */
  tracing?: Tracing | undefined
}

/** What a start tells on the way, and how the end may differ. */
export interface StartHooks {
  /** The first admin's credentials, when this start made them; called even when the start fails after that. */
  onFirstAdmin?: (admin: { username: string; password: string }) => void
  /** How long a node that goes serves on, unready, where there are others; 2 s unless given. */
  lingerMs?: number
}

/** What a role opens itself with. */
export interface PartContext extends Core {
  folder: Folder
  adapters: Adapters
  verify: VerifyToken
  hooks: StartHooks
}

/** One role within a process. */
export interface Part {
  handlers: Handlers
  /** For the role that has sockets. */
  // biome-ignore lint/suspicious/noExplicitAny: what a socket carries is its role's alone
  socket?: WebSocketHandler<any>
  /** Answers what no route does: the pages. */
  fallback?(request: Request): Response | undefined
  /** What its readiness hangs on. */
  checks: readonly Check[]
  /** Gives its work to other nodes while it still serves; called first, where there are others. */
  leave?(): Promise<void>
  /** Sends away who is connected. */
  drain?(): Promise<void>
  /** Saves and stops; what it was given stays open. */
  close(): Promise<void>
}
