/** The one place that makes Redis clients: of one server, of a master that sentinels know, or of a cluster. */

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { OnError } from '../../errors'
import type { Metrics } from '../../metrics'
import { Outage } from './outage'

export type RedisClient = Redis | Cluster

/** The settings that say which Redis; `Config` has them all. */
export interface RedisSettings {
  /** redis:// or rediss:// (TLS), with user, password and database as far as there are any. */
  redis?: string | undefined
  /** A PEM file. */
  redisCa?: string | undefined
  redisUsername?: string | undefined
  redisPassword?: string | undefined
  /** `host:port` of each; then the URL's own host and port are not used. */
  redisSentinels?: readonly string[] | undefined
  redisSentinelName?: string | undefined
  redisSentinelPassword?: string | undefined
  redisCluster?: boolean | undefined
}

/** After this long without an answer a command has failed; it may still be carried out. */
export const COMMAND_TIMEOUT_MS = 800
/** A connection on which nothing has come for this long, though something was asked, is given up and made anew. */
const SOCKET_TIMEOUT_MS = 3_000

/** What a client is for; its outage is told under this name. */
export type RedisPart = 'mail' | 'inbox' | 'snapshots'

export class RedisConnections {
  /** Whether Redis can be reached; shared by all clients, so that one outage is told once. */
  readonly outage: Outage
  readonly #clients: RedisClient[] = []
  #closed = false

  constructor(
    private readonly settings: RedisSettings,
    deps: { onError: OnError; metrics: Metrics },
  ) {
    this.outage = new Outage(deps)
  }

  /**
   * A client of its own connection, connecting. A command fails after a second, at once while there is no connection, and
   * when the connection is lost under it; then nobody knows whether it was carried out, and it is not sent again.
   * @param blockMs for a client whose commands block this long: the second is then added to it
   */
  client(part: RedisPart, blockMs?: number): RedisClient {
    const client = makeClient(this.settings, {
      ...SHARED_OPTIONS,
      ...(blockMs === undefined
        ? { commandTimeout: COMMAND_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS }
        : { socketTimeout: blockMs + COMMAND_TIMEOUT_MS }),
    })
    const failed = (error: unknown) => {
      if (!this.#closed) this.outage.failed(part, error)
    }
    client.on('error', failed)
    client.on('close', () => failed(new Error('the connection to Redis was lost')))
    // A connection alone is no answer: the kernel accepts it for a frozen Redis too. The others tell when one came.
    if (part === 'snapshots') client.on('ready', () => this.outage.recovered(part))
    this.#clients.push(client)
    return client
  }

  /** From here on connections end because we end them, and nobody need hear of it. */
  ending(): void {
    this.#closed = true
  }

  close(): void {
    this.ending()
    for (const client of this.#clients) client.disconnect()
  }
}

/**
 * Connects and asks for the first time. One that cannot be reached may be there later, and is no error here.
 * @throws Error that names the setting, when Redis refuses who we are
 */
export async function connect(client: RedisClient, deadlineMs: number): Promise<void> {
  let timer: Timer | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs)
  })
  // Why it was closed comes by the event alone.
  let refusal: Error | undefined
  const listen = (error: Error) => {
    refusal ??= refusalIn(error)
  }
  client.on('error', listen)
  try {
    await Promise.race([client.connect(), late])
  } catch (error) {
    refusal ??= refusalIn(error as Error)
  } finally {
    clearTimeout(timer)
    client.off('error', listen)
  }
  if (refusal !== undefined) throw new Error(`redis: ${refusal.message}`, { cause: refusal })
}

function refusalIn(error: Error & { lastNodeError?: Error }): Error | undefined {
  const { lastNodeError = error } = error
  return /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)/.test(lastNodeError.message) ? lastNodeError : undefined
}

export function isReady(client: RedisClient): boolean {
  return client.status === 'ready'
}

const SHARED_OPTIONS = {
  lazyConnect: true,
  // The simpler of the two protocols: nothing here needs what the other adds.
  protocol: 2,
  disableClientInfo: true,
  // One that still loads its data answers so itself; asking by INFO would need one more right.
  enableReadyCheck: false,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // What is under way when the connection goes is rejected then, not when a new one stands.
  maxRetriesPerRequest: 0,
  connectTimeout: COMMAND_TIMEOUT_MS,
  retryStrategy: reconnectAfterMs,
  // A master that has become a replica: connecting anew finds the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} as const satisfies RedisOptions

/** Without the one option whose type tells absent from undefined. */
type Options = Omit<RedisOptions, 'replyMapping'>

function reconnectAfterMs(attempt: number): number {
  return Math.min(50 * attempt, 500)
}

function makeClient(settings: RedisSettings, options: Options): RedisClient {
  const url = new URL(settings.redis ?? 'redis://127.0.0.1:6379')
  const server = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) }
  const tls = url.protocol === 'rediss:' ? tlsOptions(settings, server.host) : undefined
  const common: Options = {
    ...options,
    ...defined({
      username: settings.redisUsername ?? (decodeURIComponent(url.username) || undefined),
      password: settings.redisPassword ?? (decodeURIComponent(url.password) || undefined),
      tls,
    }),
  }
  if (settings.redisCluster === true) {
    return new Cluster([server], {
      redisOptions: common,
      lazyConnect: true,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      clusterRetryStrategy: reconnectAfterMs,
      slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
      // The certificate names hosts, so they are not looked up here.
      ...(tls === undefined ? {} : { dnsLookup: (host, found) => found(null, host) }),
    })
  }
  const db = Number(url.pathname.slice(1) || 0)
  const sentinels = (settings.redisSentinels ?? []).map(hostAndPort)
  if (sentinels.length === 0) return new Redis({ ...common, ...server, db })
  return new Redis({
    ...common,
    db,
    sentinels,
    sentinelRetryStrategy: reconnectAfterMs,
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
    ...defined({
      name: settings.redisSentinelName,
      sentinelPassword: settings.redisSentinelPassword,
      sentinelTLS: tls,
      enableTLSForSentinelMode: tls && true,
    }),
  })
}

function tlsOptions({ redisCa }: RedisSettings, host: string): { ca?: string; servername?: string } {
  return defined({
    ca: redisCa === undefined ? undefined : readFileSync(redisCa, 'utf8'),
    // RFC 6066 allows no address there.
    servername: isIP(host) === 0 ? host : undefined,
  })
}

function hostAndPort(entry: string): { host: string; port: number } {
  const colon = entry.lastIndexOf(':')
  return { host: entry.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(entry.slice(colon + 1)) }
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
