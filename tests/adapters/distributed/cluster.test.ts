/** Mail and snapshots keep their contracts on a Redis Cluster: each command is of one slot, and finds its node. */

import { afterAll, beforeAll } from 'bun:test'
import { describeMailContract } from '../../contract/mail.contract.ts'
import { describeSnapshotsContract } from '../../contract/snapshots.contract.ts'
import { mailOpener, snapshotsOpener } from './open-redis.ts'
import { type RedisCluster, startRedisCluster } from './redis-cluster.ts'

let cluster: RedisCluster

beforeAll(async () => {
  cluster = await startRedisCluster()
}, 90_000)

afterAll(() => cluster.stop())

const settings = () => ({ redis: cluster.url, redisCluster: true })

describeMailContract(
  'mail on a Redis Cluster',
  mailOpener({
    settings,
    servers: () => cluster.masters,
    flush: () => cluster.flushAll(),
  }),
)
describeSnapshotsContract('snapshots on a Redis Cluster', snapshotsOpener(settings))
