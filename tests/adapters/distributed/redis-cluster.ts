/** A Redis Cluster of three masters. */

import { Redis } from 'ioredis'
import { freePorts } from '../../services/free-ports.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { until } from '../../support/until.ts'

const SLOTS = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
] as const

export interface RedisCluster {
  /** Of one of them. */
  url: string
  masters: readonly RedisService[]
  flushAll(): Promise<void>
  /** Runs the command on each master. @returns what each answers */
  onAll(command: string, ...args: string[]): Promise<unknown[]>
  stop(): Promise<void>
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const busPorts = await freePorts(SLOTS.length)
  const masters = await Promise.all(
    busPorts.map((busPort) => startRedis({ config: { 'cluster-enabled': 'yes', 'cluster-port': String(busPort) } })),
  )
  const admins = masters.map(({ url }) => new Redis(url))
  const [first = ''] = masters.map(({ url }) => url)
  for (const [i, admin] of admins.entries()) {
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', ...(SLOTS[i] as readonly number[]))
    if (i > 0) await admin.call('CLUSTER', 'MEET', '127.0.0.1', new URL(first).port, String(busPorts[0]))
  }
  for (const admin of admins) {
    await until(
      async () => String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      'a cluster',
      30_000,
    )
    await until(async () => {
      const known = String(await admin.call('CLUSTER', 'NODES'))
        .trim()
        .split('\n')
      return known.length === SLOTS.length && known.every((line) => / \d+-\d+$/.test(line))
    }, 'each to know all')
  }
  return {
    url: first,
    masters,
    async flushAll() {
      await Promise.all(admins.map((admin) => admin.flushall()))
    },
    onAll: (command, ...args) => Promise.all(admins.map((admin) => admin.call(command, ...args))),
    async stop() {
      for (const admin of admins) admin.disconnect()
      await Promise.all(masters.map((master) => master.stop()))
    },
  }
}
