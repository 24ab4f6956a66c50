/** Mail and snapshots keep their contracts on a Redis Cluster: each command is of one slot, and finds its node. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { describeMailContract } from '../../contract/mail.contract.ts'
import { describeSnapshotsContract } from '../../contract/snapshots.contract.ts'
import { until } from '../../support/until.ts'
import { documentedRules } from './documented-rules.ts'
import { mailOpener, openNode, openStore, snapshotsOpener } from './open-redis.ts'
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

test('the rights of the docs, with those more for a cluster, are enough', async () => {
  await cluster.onAll('ACL', 'SETUSER', 'zlt', ...(await documentedRules('hush')), '+cluster|slots', '+client|setname')
  const limited = { ...settings(), redisUsername: 'zlt', redisPassword: 'hush' }
  const node = openNode(limited)
  await node.mail.open({ receive() {}, gap() {}, absent() {}, expired() {}, emptied() {} })
  await node.mail.claim(1)
  await until(async () => (await node.mail.health()).ok, 'health')
  await node.close()
  const store = await openStore(limited)
  await store.snapshots.savePace(1, { vehicles: {} })
  expect(await store.snapshots.loadPace(1)).toEqual({ vehicles: {} })
  await store.close()
  expect(await cluster.onAll('ACL', 'LOG')).toEqual([[], [], []])
})
