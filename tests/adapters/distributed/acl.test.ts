/** The rights that `docs/security.md` asks for are enough, and no more than they look. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Redis } from 'ioredis'
import { describeMailContract } from '../../contract/mail.contract.ts'
import { describeSnapshotsContract } from '../../contract/snapshots.contract.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { mailOpener, openNode, openStore, snapshotsOpener } from './open-redis.ts'

const PASSWORD = 'a:b/c@d'

let server: RedisService
let admin: Redis
let rules: string[] = []

/** By settings of their own, for such a password would have to be escaped in the URL. */
const settings = () => ({ redis: server.url, redisUsername: 'zlt', redisPassword: PASSWORD })

beforeAll(async () => {
  server = await startRedis()
  admin = new Redis(server.url)
  const page = await Bun.file('docs/security.md').text()
  const [, line = ''] = /^ACL SETUSER zlt (.*)$/m.exec(page) ?? []
  rules = line.replace('PASSWORD', PASSWORD).split(' ')
  await admin.call('ACL', 'SETUSER', 'zlt', ...rules)
}, 60_000)

afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

describeMailContract(
  'mail as the user of the docs',
  mailOpener({ settings, servers: () => [server], flush: async () => void (await admin.flushall()) }),
)
describeSnapshotsContract('snapshots as the user of the docs', snapshotsOpener(settings))

test('nothing was refused in all of it', async () => {
  expect(await admin.call('ACL', 'LOG')).toEqual([])
})

test('other keys and other commands are refused', async () => {
  const client = new Redis(server.url, { username: 'zlt', password: PASSWORD, enableReadyCheck: false })
  expect(await client.get('other').catch(({ message }) => message)).toStartWith('NOPERM')
  expect(await client.flushall().catch(({ message }) => message)).toStartWith('NOPERM')
  expect(await client.keys('zlt:*').catch(({ message }) => message)).toStartWith('NOPERM')
  client.disconnect()
})

test('a wrong password ends the start, and names the setting', async () => {
  const wrong = { ...settings(), redisPassword: 'wrong' }
  const node = openNode(wrong)
  const inbox = { receive() {}, gap() {}, absent() {}, expired() {}, emptied() {} }
  expect(await node.mail.open(inbox).catch(({ message }) => message)).toStartWith('redis: WRONGPASS')
  await node.close()
  expect(await openStore(wrong).catch(({ message }) => message)).toStartWith('redis: WRONGPASS')
})

test('user and password of the URL are taken, escaped', async () => {
  const { host } = new URL(server.url)
  const store = await openStore({ redis: `redis://zlt:${encodeURIComponent(PASSWORD)}@${host}` })
  expect(await store.snapshots.load(0, ['o'])).toEqual(new Map())
  await store.close()
})
