/**
 * One server of each kind for all files of a `bun test`, started when first asked for and stopped after the last file.
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

/** Of one node. */
export const sharedKafka: () => Promise<KafkaService> = once(() => startKafka())

export const sharedRedis: () => Promise<RedisService> = once(() => startRedis())

export const sharedPostgres: () => Promise<PostgresService> = once(() => startPostgres())

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
