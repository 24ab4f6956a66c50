/** The fan-out role of a process: an owner of partitions and a hub of viewers, joined by mail. */

import type { WebSocketHandler } from 'bun'
import { type Config, isDistributed } from '../config'
import type { OnError } from '../errors'
import type { Handlers } from '../http/app'
import type { VerifyToken } from '../http/authenticate'
import type { Metrics } from '../metrics'
import type { Log } from '../ports/log'
import type { Mail } from '../ports/mail'
import type { RouteProvider } from '../ports/routes'
import type { Snapshots } from '../ports/snapshots'
import type { AccessTable } from '../tables/access'
import type { OrderTable } from '../tables/orders'
import type { Tracing } from '../tracing'
import { Canary } from './canary'
import { Hub } from './hub'
import { MailRoom } from './mail-room'
import { Owner } from './owner'
import { fanoutHandlers } from './routes'
import { type SocketData, socketHandler } from './socket'
import { Viewers } from './viewers'

export interface FanoutDeps {
  config: Config
  log: Log
  mail: Mail
  snapshots: Snapshots
  orders: OrderTable
  access: AccessTable
  verify: VerifyToken
  /** Who knows roads; without it ways are straight. */
  engine?: RouteProvider | undefined
  metrics: Metrics
  tracing?: Tracing | undefined
  onError: OnError
  now(): number
}

export interface Fanout {
  handlers: Handlers
  socket: WebSocketHandler<SocketData>
  /** Why fixes do not reach viewers any more although nothing that they pass says so; empty while they do. */
  silences(): string[]
  /** Saves all tracks, commits and gives the partitions to other nodes; viewers are served on, from those. */
  leave(): Promise<void>
  /** Tells every viewer to come back. */
  drain(): Promise<void>
  /** Ends what is left. Without a `leave` before, it saves all tracks and commits. */
  close(): Promise<void>
}

export async function openFanout(deps: FanoutDeps): Promise<Fanout> {
  const { config, log, mail, orders, access, metrics, onError, now } = deps
  const mailRoom = new MailRoom(mail, log, onError, deps.tracing)
  const hub = new Hub({ orders, access, source: mailRoom, metrics, now })
  const owner = new Owner(deps)
  const viewers = new Viewers(
    hub,
    orders,
    metrics,
    {
      heartbeatMs: config.heartbeatMs,
      silentAfterMs: config.silentAfterMs,
      pendingLimit: config.pendingSockets,
      ordersPerSocket: config.ordersPerSocket,
    },
    now,
  )
  await mailRoom.open(hub, owner)
  await owner.start()
  // On one machine the way cannot break in the middle.
  const canary = isDistributed(config) ? new Canary({ log, hub, held: () => owner.held(), now, onError }) : undefined
  return {
    handlers: fanoutHandlers({ ...deps, hub, viewers }),
    socket: socketHandler({
      hub,
      viewers,
      verify: deps.verify,
      frameLimitBytes: config.socketFrameLimitBytes,
      framesPerSecond: config.socketFramesPerSecond,
      ordersPerSocket: config.ordersPerSocket,
      now,
    }),
    silences: () => canary?.silent().map((partition) => `partition ${partition}: fixes do not arrive`) ?? [],
    leave: () => owner.leave(),
    drain: () => viewers.drain(),
    async close() {
      // A start that fails after this point never drains; the timer would then keep the process alive.
      await viewers.drain()
      canary?.close()
      mailRoom.close()
      await owner.close()
    },
  }
}
