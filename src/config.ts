/** Every setting, in one table, and how their values are found. The only place that reads `process.env`. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { nearestName } from './did-you-mean'
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
  text,
  url,
  vehicleUrl,
  yesNo,
} from './setting-kinds'

interface Setting<T> {
  kind: Kind<T>
  /** Absent: the setting may be undefined. */
  default?: T
  meaning: string
  /** Never printed. Secrets have no flag: a command line can be read by every user of the machine. */
  secret?: true
}

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
    meaning: 'Kafka brokers. With redis: distributed, which this version refuses; without both: embedded.',
  },
  redis: { kind: url('redis:', 'rediss:'), meaning: 'Redis, for mail between nodes and snapshots. Goes with brokers.' },
  database: { kind: databaseUrl, meaning: 'Accounts and orders; without it, SQLite in the data folder.' },
  authUrl: {
    kind: url('https:', 'http:'),
    meaning: 'The auth node whose JWKS to trust; without it, the keys of the data folder.',
  },
  partitions: {
    kind: integer(1, 1024),
    default: 12,
    meaning: 'Partitions of the location topic, for life. Embedded always has 1.',
  },
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

/** Where a value came from. */
export type Source = 'flag' | 'variable' | 'file' | 'default'
export type Sources = Readonly<Record<SettingName, Source>>

/** Everything that is wrong with the settings, not only the first; each problem is a sentence that says what to write. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
  }
}

/** A setting as seen from outside. */
export interface SettingEntry extends Setting<unknown> {
  /** The property of `Config`. */
  name: SettingName
  /** The name in `zlt.json`, and of the parsed flag. */
  key: string
  /** Undefined for a secret. */
  flag: string | undefined
  variable: string
}

/** The table as a list, with the names that follow from each setting's own. */
export const SETTING_LIST: readonly SettingEntry[] = Object.entries(SETTINGS).map(([name, setting]) => {
  const key = name.replace(/(Ms|Bytes)$/, '')
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const variable = `ZLT_${words.replaceAll('-', '_').toUpperCase()}`
  const flag = 'secret' in setting ? undefined : `--${words}`
  return { ...(setting as Setting<unknown>), name: name as SettingName, key, flag, variable }
})

/** The file that is read when none is named. */
export const DEFAULT_FILE = 'zlt.json'

/** What `loadConfig` looks at. */
export interface ConfigInput {
  /** Parsed flags by the setting's key (`publicUrl`); absent and undefined ones do not count. */
  flags?: Readonly<Record<string, unknown>>
  env?: Readonly<Record<string, string | undefined>>
  /** A file that must exist; without it `zlt.json` of the working directory is read if there is one, and null reads none. */
  file?: string | null | undefined
}

/**
 * Finds the value of every setting: flag, then variable, then file, then default. An empty variable counts as absent.
 * @throws ConfigError with every unknown name, bad value and contradiction found
 */
export function loadConfig(input: ConfigInput = {}): { config: Config; sources: Sources } {
  const problems: string[] = []
  const flags = input.flags ?? {}
  const env = input.env ?? process.env
  const file = readFile(input.file, problems)
  refuseUnknown(flags, env, file, problems)

  const config: Record<string, unknown> = {}
  const sources: Record<string, Source> = {}
  for (const { name, key, kind, variable, flag, secret, ...setting } of SETTING_LIST) {
    config[name] = setting.default
    sources[name] = 'default'
    const found = (
      [
        ['flag', flag ?? key, flags[key]],
        ['variable', variable, isFromKubernetes(variable, env[variable]) ? undefined : env[variable] || undefined],
        ['file', `${file.path}: ${key}`, file.values[key]],
      ] as const
    ).find(([, , raw]) => raw !== undefined)
    if (found === undefined) continue
    const [source, where, raw] = found
    try {
      config[name] = kind.parse(raw)
      sources[name] = source
    } catch (error) {
      const shown = secret ? '' : ` is ${withoutPassword(JSON.stringify(raw))}`
      problems.push(`${where}${shown}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const checked = config as unknown as Config
  if (problems.length === 0) refuseContradictions(checked, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  return { config: isDistributed(checked) ? checked : { ...checked, partitions: 1 }, sources: sources as Sources }
}

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

/** The text with passwords inside of URLs masked. */
export function withoutPassword(words: string): string {
  return words.replace(/(\/\/[^/\s:@]*):[^/\s]*@/g, '$1:***@')
}

interface SettingsFile {
  path: string
  values: Record<string, unknown>
}

function readFile(named: string | null | undefined, problems: string[]): SettingsFile {
  const path = named ?? DEFAULT_FILE
  const empty = { path, values: {} }
  if (named === null) return empty
  let content: string
  try {
    content = readFileSync(resolve(path), 'utf8')
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isAbsent) problems.push(`${path} cannot be read: ${(error as Error).message}`)
    else if (named !== undefined) problems.push(`${path} does not exist; name an existing file`)
    return empty
  }
  try {
    const values: unknown = JSON.parse(content)
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
      return { path, values: values as Record<string, unknown> }
    }
    problems.push(`${path} must hold one JSON object, such as {"port": 8080}`)
  } catch (error) {
    problems.push(`${path} is not valid JSON: ${(error as Error).message}`)
  }
  return empty
}

function refuseUnknown(
  flags: NonNullable<ConfigInput['flags']>,
  env: NonNullable<ConfigInput['env']>,
  file: SettingsFile,
  problems: string[],
): void {
  const keys = SETTING_LIST.map((setting) => setting.key)
  const variables = SETTING_LIST.map((setting) => setting.variable)
  const refuse = (where: string, name: string, known: readonly string[]) => {
    const nearest = nearestName(name, known)
    problems.push(`${where} is not a setting; ${nearest ? `did you mean ${nearest}?` : 'see zlt config print for all'}`)
  }
  for (const key of Object.keys(flags)) if (!keys.includes(key)) refuse(`the flag ${key}`, key, keys)
  for (const key of Object.keys(file.values)) if (!keys.includes(key)) refuse(`${file.path}: ${key}`, key, keys)
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('ZLT_') && !variables.includes(name) && !isFromKubernetes(name, value)) {
      refuse(name, name, variables)
    }
  }
}

/** Kubernetes puts variables of its own beside ours for each Service called zlt… ("service links"): not settings. */
function isFromKubernetes(name: string, value: string | undefined): boolean {
  if (/_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value ?? '')
}

function refuseContradictions(config: Config, problems: string[]): void {
  const hasBrokers = config.brokers.length > 0
  if (hasBrokers && config.redis === undefined) {
    problems.push('brokers is set but redis is not: set ZLT_REDIS (or --redis) too, or neither for one process')
  }
  if (!hasBrokers && config.redis !== undefined) {
    problems.push('redis is set but brokers is not: set ZLT_BROKERS (or --brokers) too, or neither for one process')
  }
  if (config.role !== 'all' && !hasBrokers && config.redis === undefined) {
    problems.push(`role ${config.role} alone needs ZLT_BROKERS and ZLT_REDIS: without them one process does all`)
  }
  refuseRouteContradictions(config, problems)
  if (config.silentAfterMs <= config.heartbeatMs) {
    problems.push('silent-after must be longer than heartbeat: a viewer answers at most once a beat')
  }
}

function refuseRouteContradictions(config: Config, problems: string[]): void {
  const { routes, routesUrl, routesVehicleUrls, routesKey } = config
  if (routes !== 'none' && routesUrl === undefined) {
    problems.push(
      `routes is ${routes} but routes-url is not set: write where the engine is, e.g. http://127.0.0.1:5000`,
    )
  }
  if (routes === 'none' && (routesUrl !== undefined || routesVehicleUrls.length > 0)) {
    problems.push('a URL of a routing engine is set but routes is none: set routes to osrm, valhalla or graphhopper')
  }
  if (routesKey !== undefined && routes !== 'graphhopper') {
    problems.push('routes-key is for graphhopper: leave it out, or set routes to graphhopper')
  }
  const vehicles = routesVehicleUrls.map((entry) => entry.slice(0, entry.indexOf('=')))
  const twice = vehicles.find((vehicle, index) => vehicles.indexOf(vehicle) !== index)
  if (twice !== undefined) problems.push(`routes-vehicle-urls names ${twice} twice`)
}
