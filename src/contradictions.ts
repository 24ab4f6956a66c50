/** What cannot be set together, and what a role cannot do without: each a sentence that says what to write. */

import type { Config } from './config'

type Check = (config: Config) => (string | false | undefined)[]

/** Every contradiction in settings whose values are right, each by itself. */
export function contradictions(config: Config): string[] {
  return CHECKS.flatMap((check) => check(config)).filter((problem) => typeof problem === 'string')
}

const CHECKS: readonly Check[] = [tiers, roles, kafka, redis, database, routes, tracing, sockets]

function tiers({ brokers, redis, role }: Config): ReturnType<Check> {
  const hasBrokers = brokers.length > 0
  return [
    hasBrokers &&
      redis === undefined &&
      'brokers is set but redis is not: set ZLT_REDIS (or --redis) too, or neither for one process',
    !hasBrokers &&
      redis !== undefined &&
      'redis is set but brokers is not: set ZLT_BROKERS (or --brokers) too, or neither for one process',
    role !== 'all' &&
      !hasBrokers &&
      redis === undefined &&
      `role ${role} alone needs ZLT_BROKERS and ZLT_REDIS: without them one process does all`,
  ]
}

/** Distributed, nodes share keys and accounts: one that made its own would look well and refuse everybody. */
function roles({ brokers, redis, role, authUrl, signingKeys, database }: Config): ReturnType<Check> {
  if (brokers.length === 0 || redis === undefined) return []
  const verifies = role === 'ingest' || role === 'fanout'
  return [
    verifies &&
      authUrl === undefined &&
      signingKeys === undefined &&
      `role ${role} needs the keys that tokens are signed with: set ZLT_AUTH_URL to an auth node (or ZLT_SIGNING_KEYS to the file that auth nodes share)`,
    !verifies &&
      !isPostgres(database) &&
      `role ${role} with brokers needs Postgres, since every auth node must see the same accounts and orders: set ZLT_DATABASE=postgres://user:password@host/database`,
  ]
}

function kafka(config: Config): ReturnType<Check> {
  const { kafkaTls, kafkaCa, kafkaCert, kafkaKey, kafkaSaslMechanism, kafkaUsername, kafkaPassword } = config
  const any = kafkaTls || [kafkaCa, kafkaCert, kafkaKey, kafkaSaslMechanism, kafkaUsername, kafkaPassword].some(isSet)
  const isLogin = kafkaUsername !== undefined || kafkaPassword !== undefined
  return [
    any &&
      config.brokers.length === 0 &&
      'a setting of Kafka is set but brokers is not: set ZLT_BROKERS, or leave it out',
    !kafkaTls &&
      [kafkaCa, kafkaCert, kafkaKey].some(isSet) &&
      'kafka-ca, kafka-cert and kafka-key are for TLS: set kafka-tls to true, or leave them out',
    isSet(kafkaCert) !== isSet(kafkaKey) && 'kafka-cert and kafka-key go together: set both, or neither',
    kafkaSaslMechanism === undefined &&
      isLogin &&
      'a user or password of Kafka is set but kafka-sasl-mechanism is not: set it to plain, scram-sha-256 or scram-sha-512',
    kafkaSaslMechanism !== undefined &&
      kafkaUsername === undefined &&
      `kafka-sasl-mechanism is ${kafkaSaslMechanism} but kafka-username is not set: set both, or neither`,
    kafkaSaslMechanism !== undefined &&
      kafkaPassword === undefined &&
      `kafka-sasl-mechanism is ${kafkaSaslMechanism} but there is no password: set ZLT_KAFKA_PASSWORD_FILE (or ZLT_KAFKA_PASSWORD)`,
  ]
}

function redis(config: Config): ReturnType<Check> {
  const { redisCa, redisUsername, redisPassword, redisSentinels, redisSentinelName, redisSentinelPassword } = config
  const hasSentinels = redisSentinels.length > 0
  const any = hasSentinels || config.redisCluster || [redisCa, redisUsername, redisPassword].some(isSet)
  const inUrl = config.redis === undefined ? null : URL.parse(config.redis)
  return [
    any && config.redis === undefined && 'a setting of Redis is set but redis is not: set ZLT_REDIS, or leave it out',
    redisCa !== undefined &&
      inUrl?.protocol === 'redis:' &&
      'redis-ca is for TLS: write rediss:// in redis, or leave it out',
    redisUsername !== undefined &&
      hasText(inUrl?.username) &&
      'redis-username is set and there is a user in redis too: leave one of them out',
    redisPassword !== undefined &&
      hasText(inUrl?.password) &&
      'there is a password of Redis, and one in redis too: leave one of them out',
    hasSentinels &&
      config.redisCluster &&
      'redis-sentinels and redis-cluster exclude each other: leave one of them out',
    hasSentinels &&
      redisSentinelName === undefined &&
      'redis-sentinels is set but redis-sentinel-name is not: write what they call the master, e.g. mymaster',
    !hasSentinels &&
      (redisSentinelName !== undefined || redisSentinelPassword !== undefined) &&
      'a name or password of sentinels is set but redis-sentinels is not: write where they are, e.g. sentinel1:26379',
    config.redisCluster &&
      inUrl !== null &&
      !/^\/?0?$/.test(inUrl.pathname) &&
      'redis names a database, and a cluster has only 0: leave its number out',
  ]
}

function database({ database, databaseCa }: Config): ReturnType<Check> {
  const mode = database === undefined ? null : URL.parse(database)?.searchParams.get('sslmode')
  return [
    databaseCa !== undefined &&
      mode === 'disable' &&
      'database-ca is for TLS, and database says sslmode=disable: leave one of them out',
    databaseCa !== undefined && !isPostgres(database) && 'database-ca is for Postgres: set ZLT_DATABASE to its URL',
  ]
}

function routes({ routes, routesUrl, routesVehicleUrls, routesKey }: Config): ReturnType<Check> {
  const vehicles = routesVehicleUrls.map((entry) => entry.slice(0, entry.indexOf('=')))
  const twice = vehicles.find((vehicle, index) => vehicles.indexOf(vehicle) !== index)
  return [
    routes !== 'none' &&
      routesUrl === undefined &&
      `routes is ${routes} but routes-url is not set: write where the engine is, e.g. http://127.0.0.1:5000`,
    routes === 'none' &&
      (routesUrl !== undefined || routesVehicleUrls.length > 0) &&
      'a URL of a routing engine is set but routes is none: set routes to osrm, valhalla or graphhopper',
    routesKey !== undefined &&
      routes !== 'graphhopper' &&
      'routes-key is for graphhopper: leave it out, or set routes to graphhopper',
    twice !== undefined && `routes-vehicle-urls names ${twice} twice`,
  ]
}

function tracing({ tracing, tracingUrl }: Config): ReturnType<Check> {
  return [
    tracing > 0 &&
      tracingUrl === undefined &&
      'tracing is on but tracing-url is not set: write where traces go, e.g. http://127.0.0.1:4318',
  ]
}

function sockets({ silentAfterMs, heartbeatMs }: Config): ReturnType<Check> {
  return [
    silentAfterMs <= heartbeatMs && 'silent-after must be longer than heartbeat: a viewer answers at most once a beat',
  ]
}

function hasText(part: string | undefined): boolean {
  return part !== undefined && part !== ''
}

function isSet(value: unknown): boolean {
  return value !== undefined
}

function isPostgres(database: string | undefined): boolean {
  return database !== undefined && !database.startsWith('sqlite:')
}
