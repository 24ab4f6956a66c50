/** Every setting, in one table. How their values are found is in `load-config.ts`. */

import { join } from 'node:path'
import { DISTRIBUTED_SETTINGS } from './distributed-settings'
import {
  addressBlock,
  bytes,
  choice,
  databaseUrl,
  duration,
  hostPort,
  integer,
  type Kind,
  list,
  origin,
  type Setting,
  share,
  text,
  url,
  vehicleUrl,
  yesNo,
} from './setting-kinds'

const HOUR_MS = 3_600_000

/**
 * The table. A setting's name (without a unit at its end: the value carries it) gives its flag, its variable and its
 * name in the file: `heartbeatMs` is `--heartbeat 10s`, `ZLT_HEARTBEAT=10s` and `"heartbeat": "10s"`.
 */
export const SETTINGS = {
  role: {
    kind: choice('all', 'auth', 'ingest', 'fanout'),
    default: 'all',
    meaning:
      'What this process does: auth holds accounts, orders and the relay; ingest takes fixes; fanout serves viewers. One alone needs brokers and redis.',
  },
  host: { kind: text('a host', 'host'), default: '127.0.0.1', meaning: 'The address to listen on; 0.0.0.0 for all.' },
  port: { kind: integer(0, 65_535), default: 8080, meaning: 'The port to listen on; 0 takes a free one.' },
  data: {
    kind: text('a folder', 'folder'),
    default: './zlt-data',
    meaning: 'The folder for keys, the log and SQLite. One process owns it.',
  },
  publicUrl: {
    kind: url('https:', 'http:'),
    meaning: 'The URL under which people reach zlt, for links; without it, the one listened on.',
  },
  brokers: {
    kind: list(hostPort),
    default: [],
    meaning: 'Kafka brokers. With redis: distributed; without both: embedded.',
  },
  redis: {
    kind: url('redis:', 'rediss:'),
    fromFile: true,
    meaning: 'Redis, for mail between nodes and snapshots; rediss: with TLS. Goes with brokers.',
  },
  database: {
    kind: databaseUrl,
    fromFile: true,
    meaning: 'Accounts and orders; without it, SQLite in the data folder. Distributed, it is Postgres.',
  },
  authUrl: {
    kind: url('https:', 'http:'),
    meaning: 'The auth node whose JWKS to trust, for the roles ingest and fanout alone.',
  },
  partitions: {
    kind: integer(1, 1024),
    default: 12,
    meaning: 'Partitions of the location topic, for life. Embedded always has 1.',
  },
  ...DISTRIBUTED_SETTINGS,
  signingKeys: {
    kind: text('a file', 'file'),
    meaning: 'The file of signing keys that all auth nodes share; without it, in the data folder.',
  },
  issuer: { kind: text(), default: 'zlt', meaning: 'The iss of tokens made and accepted.' },
  tokenTtlMs: {
    kind: duration(10_000, 24 * HOUR_MS),
    default: 15 * 60_000,
    meaning: 'How long an access token lives.',
  },
  allowedOrigins: {
    kind: list(origin),
    default: [],
    meaning: 'Web origins besides our own whose pages may call the API and open sockets.',
  },
  trustedProxies: { kind: list(addressBlock), default: [], meaning: 'Proxies whose X-Forwarded-For is believed.' },
  adminPassword: {
    kind: text(),
    secret: true,
    meaning: 'The password of the first admin; without it, one is made and printed once.',
  },
  bodyLimitBytes: { kind: bytes(1024, 64 * 2 ** 20), default: 256 * 1024, meaning: 'The largest request body.' },
  batchLimit: { kind: integer(1, 10_000), default: 200, meaning: 'The most fixes in one request.' },
  fixIntervalMs: {
    kind: duration(100, HOUR_MS),
    default: 2_000,
    meaning: 'How often riders are asked to send (next.interval_ms).',
  },
  socketFrameLimitBytes: { kind: bytes(256, 2 ** 20), default: 4096, meaning: 'The largest frame a viewer may send.' },
  socketFramesPerSecond: { kind: integer(1, 1_000), default: 20, meaning: 'Frames a second that a viewer may send.' },
  ordersPerSocket: { kind: integer(1, 1_000), default: 8, meaning: 'The most orders that one socket may watch.' },
  pendingSockets: { kind: integer(1, 100_000), default: 1_000, meaning: 'The most sockets waiting to be let in.' },
  heartbeatMs: {
    kind: duration(1_000, 60_000),
    default: 10_000,
    meaning: 'A socket on which nothing was sent this long gets a beat.',
  },
  silentAfterMs: {
    kind: duration(2_000, 600_000),
    default: 30_000,
    meaning: 'A socket that answered nothing this long is closed.',
  },
  logRetentionMs: {
    kind: duration(HOUR_MS, 720 * HOUR_MS),
    default: 24 * HOUR_MS,
    meaning: 'How long raw fixes stay in the log.',
  },
  logDurability: {
    kind: choice('normal', 'full'),
    default: 'normal',
    meaning: 'Embedded log: normal survives a killed process; full also a power loss, at an fsync an append.',
  },
  mapStyle: { kind: url('https:', 'http:'), meaning: 'Another MapLibre style for the pages.' },
  routes: {
    kind: choice('none', 'osrm', 'valhalla', 'graphhopper'),
    default: 'none',
    meaning: 'The routing engine to ask for ways and times; none: the order’s own route, or the straight line.',
  },
  routesUrl: {
    kind: url('https:', 'http:'),
    meaning: 'The routing engine, without /route: for all vehicles that routesVehicleUrls does not name.',
  },
  routesVehicleUrls: {
    kind: list(vehicleUrl(['foot', 'bicycle', 'motorbike', 'car', 'van'])),
    default: [],
    meaning: 'Engines for some vehicles: an OSRM server knows one profile, so bicycles need a server of their own.',
  },
  routesKey: { kind: text(), secret: true, meaning: 'The API key of GraphHopper’s hosted service.' },
  metricsPublic: { kind: yesNo, default: false, meaning: 'Whether /metrics needs no token.' },
  logLevel: {
    kind: choice('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    meaning: 'What is written to the log.',
  },
  tracing: {
    kind: share,
    default: 0,
    meaning: 'The share of requests that are traced, from 0 (none) to 1 (all). Goes with tracingUrl.',
  },
  tracingUrl: {
    kind: url('https:', 'http:'),
    meaning: 'Where traces are sent: an endpoint of OTLP over HTTP, such as http://127.0.0.1:4318.',
  },
  url: {
    kind: url('https:', 'http:'),
    default: 'http://127.0.0.1:8080',
    meaning: 'For commands: the server to speak to.',
  },
  token: {
    kind: text('a JWT', 'jwt'),
    secret: true,
    meaning: 'For commands: the token to speak with; without it, one from the local key.',
  },
} as const satisfies Record<
  string,
  Setting<never> | Setting<string> | Setting<number> | Setting<boolean> | Setting<readonly string[]>
>

export type SettingName = keyof typeof SETTINGS
type ValueOf<S> = S extends { kind: Kind<infer T> } ? T : never

/** The effective settings: plain, checked values. */
export type Config = {
  readonly [N in SettingName]: (typeof SETTINGS)[N] extends { default: unknown }
    ? ValueOf<(typeof SETTINGS)[N]>
    : ValueOf<(typeof SETTINGS)[N]> | undefined
}

/** Where a value came from; the name follows where a file of its own held it, as in `variable ZLT_REDIS_PASSWORD_FILE`. */
export type Source = 'flag' | 'variable' | 'file' | 'default' | `variable ${string}` | `file ${string}`
export type Sources = Readonly<Record<SettingName, Source>>

/** A setting as seen from outside. */
export interface SettingEntry extends Setting<unknown> {
  /** The property of `Config`. */
  name: SettingName
  /** The name in `zlt.json`, and of the parsed flag. */
  key: string
  /** Undefined for a secret. */
  flag: string | undefined
  variable: string
  /** Variable and name in `zlt.json` that name a file which holds the value; for what is, or can hold, a secret. */
  byFile: { variable: string; key: string } | undefined
}

/** The table as a list, with the names that follow from each setting's own. */
export const SETTING_LIST: readonly SettingEntry[] = Object.entries(SETTINGS).map(([name, setting]) => {
  const key = name.replace(/(Ms|Bytes)$/, '')
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const variable = `ZLT_${words.replaceAll('-', '_').toUpperCase()}`
  const flag = 'secret' in setting ? undefined : `--${words}`
  const mayHoldSecret = 'secret' in setting || 'fromFile' in setting
  const byFile = mayHoldSecret ? { variable: `${variable}_FILE`, key: `${key}File` } : undefined
  return { ...(setting as Setting<unknown>), name: name as SettingName, key, flag, variable, byFile }
})

/** The defaults with some values set, unchecked: for programs that have no flags, such as tests and the demo. */
export function configOf(values: Partial<Config> = {}): Config {
  const defaults = Object.fromEntries(SETTING_LIST.map((setting) => [setting.name, setting.default]))
  return { ...defaults, partitions: 1, ...values } as unknown as Config
}

/** Where the signing keys are: the file that all auth nodes share, or one in the data folder. */
export function signingKeysPath(config: Pick<Config, 'data' | 'signingKeys'>): string {
  return config.signingKeys ?? join(config.data, 'keys.json')
}

/** Whether these settings mean Kafka and Redis, rather than one process with its folder. */
export function isDistributed(config: Pick<Config, 'brokers' | 'redis'>): boolean {
  return config.brokers.length > 0 && config.redis !== undefined
}

/** The text with passwords inside of URLs masked, also where a bad character in one makes it no URL. */
export function withoutPassword(words: string): string {
  return words.replace(/(\/\/[^/\s:@]*):\S*@/g, '$1:***@').replace(/([?&]password=)[^&\s"]*/g, '$1***')
}
