import { afterAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { isDistributed } from '../src/config'
import type { ConfigInput } from '../src/load-config'
import { loadSettings as load, problemsOf } from './support/load-settings'
import { tempFolder } from './support/temp-folder'

const folder = tempFolder()
afterAll(folder.remove)
const pem = folder.file('some.pem')
writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n')

const distributedOnly = { brokers: 'k1:9092', redis: 'redis://r:6379' }

describe('what goes together', () => {
  test('brokers and redis are both set or neither; one alone names the other', () => {
    const both = load({ flags: { ...distributedOnly, role: 'ingest', authUrl: 'http://auth:8080' } })
    expect(isDistributed(both.config)).toBe(true)
    expect(both.config.partitions).toBe(12)
    expect(isDistributed(load({}).config)).toBe(false)
    expect(problemsOf({ flags: { brokers: 'k1:9092' } })[0]).toContain('ZLT_REDIS')
    expect(problemsOf({ flags: { redis: 'redis://r:6379' } })[0]).toContain('ZLT_BROKERS')
  })

  test('embedded always has one partition', () => {
    expect(load({ flags: { partitions: '24' } }).config.partitions).toBe(1)
  })

  test('one role alone needs the distributed parts', () => {
    expect(problemsOf({ flags: { role: 'auth' } })[0]).toContain('ZLT_BROKERS and ZLT_REDIS')
  })

  test('a routing engine has its kind and its URL, and no vehicle two', () => {
    const routes = { routes: 'osrm', routesUrl: 'http://r:5000' }
    const { config } = load({ flags: { ...routes, routesVehicleUrls: 'bicycle=http://b:5000/, foot=https://f' } })
    expect(config).toMatchObject({ ...routes, routesVehicleUrls: ['bicycle=http://b:5000', 'foot=https://f'] })
    expect(problemsOf({ flags: { routes: 'osrm' } })[0]).toContain('routes-url is not set')
    expect(problemsOf({ flags: { routesUrl: 'http://r' } })[0]).toContain('routes is none')
    expect(problemsOf({ flags: { routesVehicleUrls: 'car=http://r' } })[0]).toContain('routes is none')
    expect(problemsOf({ flags: routes, env: { ZLT_ROUTES_KEY: 'k' } })[0]).toContain('routes-key is for graphhopper')
    const twice = 'car=http://a,car=http://b'
    expect(problemsOf({ flags: { ...routes, routesVehicleUrls: twice } })[0]).toContain('names car twice')
  })

  test('silence is longer than a heartbeat', () => {
    expect(problemsOf({ flags: { heartbeat: '30s' } })[0]).toContain('silent-after')
  })
})

describe('distributed', () => {
  const tier = { brokers: 'k1:9092', redis: 'redis://r:6379', authUrl: 'http://auth:8080', role: 'fanout' }
  const database = 'postgres://zlt@db/zlt'

  test.each(['ingest', 'fanout'])('%s needs the keys of an auth node', (role) => {
    const flags = { ...distributedOnly, role }
    expect(problemsOf({ flags })).toHaveLength(1)
    expect(problemsOf({ flags })[0]).toContain('ZLT_AUTH_URL')
    expect(problemsOf({ flags: { ...flags, authUrl: 'http://auth:8080' } })).toEqual([])
    expect(problemsOf({ flags: { ...flags, signingKeys: '/etc/zlt/keys.json' } })).toEqual([])
  })

  test.each(['auth', 'all'])('%s needs Postgres', (role) => {
    const flags = { ...distributedOnly, role }
    expect(problemsOf({ flags })[0]).toContain('ZLT_DATABASE=postgres://')
    expect(problemsOf({ flags: { ...flags, database: 'sqlite:zlt.db' } })).toHaveLength(1)
    expect(problemsOf({ flags: { ...flags, database } })).toEqual([])
  })

  test('all that Kafka may want is taken', () => {
    const { config } = load({
      flags: { ...tier, kafkaTls: 'true', kafkaCa: pem, kafkaCert: pem, kafkaKey: pem, replication: '1' },
      env: { ZLT_KAFKA_SASL_MECHANISM: 'scram-sha-512', ZLT_KAFKA_USERNAME: 'zlt', ZLT_KAFKA_PASSWORD: 'hush' },
    })
    expect(config).toMatchObject({ kafkaTls: true, kafkaCa: pem, kafkaCert: pem, kafkaKey: pem })
    expect(config).toMatchObject({ kafkaSaslMechanism: 'scram-sha-512', kafkaUsername: 'zlt', kafkaPassword: 'hush' })
    expect(config.replication).toBe(1)
  })

  test('all that Redis may want is taken', () => {
    const sentinels = { redisSentinels: 's1:26379, s2:26379', redisSentinelName: 'main', redisUsername: 'zlt' }
    const env = { ZLT_REDIS_PASSWORD: 'a', ZLT_REDIS_SENTINEL_PASSWORD: 'b' }
    const { config } = load({ flags: { ...tier, ...sentinels, redis: 'rediss://any/2', redisCa: pem }, env })
    expect(config).toMatchObject({
      redisSentinels: ['s1:26379', 's2:26379'],
      redisSentinelName: 'main',
      redisCa: pem,
    })
    expect(config).toMatchObject({ redisUsername: 'zlt', redisPassword: 'a', redisSentinelPassword: 'b' })
    expect(load({ flags: { ...tier, redisCluster: 'true', nodeName: 'fanout-1' } }).config).toMatchObject({
      redisCluster: true,
      nodeName: 'fanout-1',
    })
  })

  const refused: [string, ConfigInput['flags'], Record<string, string>, string][] = [
    [
      'a password without a user',
      { kafkaSaslMechanism: 'plain' },
      { ZLT_KAFKA_PASSWORD: 'p' },
      'kafka-username is not set',
    ],
    ['a user without a password', { kafkaSaslMechanism: 'plain', kafkaUsername: 'u' }, {}, 'ZLT_KAFKA_PASSWORD_FILE'],
    ['a user without a mechanism', { kafkaUsername: 'u' }, {}, 'kafka-sasl-mechanism is not'],
    ['an authority without TLS', { kafkaCa: pem }, {}, 'set kafka-tls to true'],
    ['a certificate without its key', { kafkaTls: 'true', kafkaCert: pem }, {}, 'go together'],
    ['an authority for a redis:// server', { redisCa: pem }, {}, 'rediss://'],
    ['two users of Redis', { redis: 'redis://u@r', redisUsername: 'v' }, {}, 'redis-username'],
    ['two passwords of Redis', { redis: 'redis://u:p@r' }, { ZLT_REDIS_PASSWORD: 'q' }, 'a password of Redis'],
    ['sentinels without a name', { redisSentinels: 's:26379' }, {}, 'mymaster'],
    ['a name without sentinels', { redisSentinelName: 'm' }, {}, 'sentinel1:26379'],
    [
      'sentinels and a cluster',
      { redisSentinels: 's:26379', redisSentinelName: 'm', redisCluster: 'true' },
      {},
      'exclude',
    ],
    ['a database of a cluster', { redis: 'redis://r/3', redisCluster: 'true' }, {}, 'leave its number out'],
    ['an authority without Postgres', { databaseCa: pem }, {}, 'set ZLT_DATABASE'],
  ]
  test.each(refused)('%s: refused, and told what to write', (_, flags, env, words) => {
    const problems = problemsOf({ flags: { ...tier, ...flags }, env })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(words)
  })

  test('a file that is missing, or no PEM, is told of at once', () => {
    const key = folder.file('no.pem')
    writeFileSync(key, 'hush')
    const problems = problemsOf({
      flags: { ...tier, kafkaTls: 'true', kafkaCert: folder.file('absent'), kafkaKey: key },
    })
    expect(problems[0]).toMatch(/^--kafka-cert is ".*absent": the file cannot be read: ENOENT/)
    expect(problems[1]).toEndWith('it has no line that starts with -----BEGIN')
    expect(problems.join()).not.toContain('hush')
  })

  test('what is for brokers or Redis is refused on one machine', () => {
    expect(problemsOf({ flags: { kafkaTls: 'true' } })[0]).toContain('set ZLT_BROKERS')
    expect(problemsOf({ flags: { redisCluster: 'true' } })[0]).toContain('set ZLT_REDIS')
  })

  test.each(['a b', 'a/b', ''])('a node is not called %p', (nodeName) => {
    expect(problemsOf({ flags: { nodeName } })).toHaveLength(1)
  })
})

describe('tracing', () => {
  test('a share needs a place to send to', () => {
    expect(load({ flags: { tracing: '0.05', tracingUrl: 'http://t:4318/' } }).config).toMatchObject({
      tracing: 0.05,
      tracingUrl: 'http://t:4318',
    })
    expect(problemsOf({ flags: { tracing: '1' } })[0]).toContain('tracing-url is not set')
    for (const tracing of ['1.1', '-1', '5%', 'NaN']) expect(problemsOf({ flags: { tracing } })).toHaveLength(1)
  })
})
