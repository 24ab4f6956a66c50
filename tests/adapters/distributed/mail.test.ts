import { afterAll, beforeAll } from 'bun:test'
import { Redis } from 'ioredis'
import { describeMailContract } from '../../contract/mail.contract.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { openNode } from './open-redis.ts'

let server: RedisService
let admin: Redis

beforeAll(async () => {
  server = await startRedis()
  admin = new Redis(server.url)
}, 60_000)

afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

describeMailContract('Redis mail', async () => {
  await admin.flushall()
  const first = openNode({ redis: server.url })
  const nodes = [first]
  return {
    mail: first.mail,
    another: async () => {
      const node = openNode({ redis: server.url })
      nodes.push(node)
      return node.mail
    },
    kill: async (mail) => nodes.find((node) => node.mail === mail)?.die(),
    empty: async () => void (await admin.flushall()),
    cutOff: async () => {
      server.pause()
      return async () => server.resume()
    },
    cleanup: async () => {
      await Promise.all(nodes.map((node) => node.close()))
    },
    // A node is dead only after its lease and two readings; ours must have been steady before.
    deadlineMs: 15_000,
  }
})
