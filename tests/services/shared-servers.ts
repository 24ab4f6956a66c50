/**
 * One server of each kind for all tests: those that `npm test` has started for all its processes, or, for a `bun test` by
 * hand, one that is started when first asked for and stopped after the last file.
 *
 * Suites keep apart by names: a topic prefix and a group of their own in Kafka, a key prefix or a database number in Redis,
 * a database in Postgres. Nobody kills or freezes these: for that a suite starts its own. The first to ask waits for the
 * start, on a fresh machine for Kafka's jars too: give its `beforeAll` 60 s.
 */

import { type KafkaService, startKafka } from './kafka.ts'
import { type PostgresService, startPostgres } from './postgres.ts'
import { type RedisService, startRedis } from './redis.ts'
import { serversToStop } from './servers-to-stop.ts'
import type { Service } from './service.ts'

/** The variables that name the servers of a run; `up.ts` prints their values. */
export const SHARED = { brokers: 'TEST_BROKERS', redis: 'TEST_REDIS_URL', postgres: 'TEST_POSTGRES_URL' } as const

const startOneKafka = once(() => startKafka())
const startOneRedis = once(() => startRedis())
const startOnePostgres = once(() => startPostgres())

/** Of one node. */
export async function sharedKafka(): Promise<Pick<KafkaService, 'brokers'>> {
  const given = process.env[SHARED.brokers]
  return given === undefined ? startOneKafka() : { brokers: given.split(',') }
}

export async function sharedRedis(): Promise<Pick<RedisService, 'url'>> {
  const given = process.env[SHARED.redis]
  return given === undefined ? startOneRedis() : { url: given }
}

export async function sharedPostgres(): Promise<Pick<PostgresService, 'url'>> {
  const given = process.env[SHARED.postgres]
  return given === undefined ? startOnePostgres() : { url: given }
}

function once<S extends Service>(start: () => Promise<S>): () => Promise<S> {
  let started: Promise<S> | undefined
  return () => {
    if (started === undefined) {
      started = start()
      const server = started
      // One that does not start is told to whoever asked for it, and there is nothing to stop.
      server.then(
        () => serversToStop.push(server),
        () => {},
      )
    }
    return started
  }
}
