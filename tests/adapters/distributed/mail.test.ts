import { beforeAll } from 'bun:test'
import { Redis } from 'ioredis'
import { describeMailContract } from '../../contract/mail.contract.ts'
import { sharedRedis } from '../../services/shared-servers.ts'
import { openNode } from './open-redis.ts'

let url = ''

beforeAll(async () => {
  const { url: server } = await sharedRedis()
  url = `${server}/1`
}, 60_000)

describeMailContract('Redis mail', async () => {
  const admin = new Redis(url)
  await admin.flushdb()
  admin.disconnect()
  const first = openNode({ redis: url })
  const nodes = [first]
  return {
    mail: first.mail,
    another: async () => {
      const node = openNode({ redis: url })
      nodes.push(node)
      return node.mail
    },
    cleanup: async () => {
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
})
