import { afterAll, beforeAll } from 'bun:test'
import { Redis } from 'ioredis'
import { describeMailContract } from '../../contract/mail.contract.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { mailOpener } from './open-redis.ts'

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

describeMailContract(
  'Redis mail',
  mailOpener({
    settings: () => ({ redis: server.url }),
    servers: () => [server],
    flush: async () => void (await admin.flushall()),
  }),
)
