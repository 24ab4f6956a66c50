/** What a tier opens: the ports of one process, and how they are closed. */

import type { OnError } from '../errors'
import type { Log } from './log'
import type { Mail } from './mail'
import type { Snapshots } from './snapshots'

/** What fan-out nodes need besides the log. */
export interface FanoutAdapters {
  mail: Mail
  snapshots: Snapshots
}

export interface Adapters {
  log: Log
  /** Opens mail and snapshots; for the fan-out role alone, once. */
  openFanout(): Promise<FanoutAdapters>
  /** Closes all that was opened. */
  close(): Promise<void>
}

/** The process's folder, as far as an adapter needs it. */
export interface Folder {
  /** The path of a file in it. */
  file(name: string): string
}

export interface OpenOptions {
  /** The log's incarnation, as far as the facts have told; 0 before. Saved tracks of another one are not found. */
  epoch(): number
  onError: OnError
}
