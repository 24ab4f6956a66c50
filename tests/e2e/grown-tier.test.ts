/** One machine that has grown: its accounts, orders and keys on Kafka, Redis and Postgres, behind the same links. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmodSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { runZlt } from '../cli/run-zlt'
import { type KafkaService, startKafka } from '../services/kafka'
import { type RedisService, startRedis } from '../services/redis'
import { makePostgresDatabase, type PostgresDatabase } from '../support/postgres-database'
import { ADMIN_PASSWORD, eventually, startTestServer, type TestServer } from '../support/server'
import { tempFolder } from '../support/temp-folder'
import { openViewer, shownAt, viewOf } from '../support/viewer'

const folder = tempFolder()
let kafka: KafkaService
let redis: RedisService
let database: PostgresDatabase
let grown: TestServer
let token: string
let frames: Record<string, unknown>[]

beforeAll(async () => {
  ;[kafka, redis, database] = await Promise.all([startKafka(), startRedis(), makePostgresDatabase()])
  const data = folder.file('one-machine')
  const old = await startTestServer({ data })
  await old.order('o1', { customer: 'c1', partner: 'dp1' })
  await old.post('dp1', { order_id: 'o1', lat: 12.97, lng: 77.59 })
  token = await old.token('CUSTOMER', 'c1', { ttlS: 3600 })
  const viewer = await openViewer(old, ['o1'], { token })
  await viewer.shows('o1', (view) => shownAt(view) === '12.97,77.59')
  frames = [...viewer.frames]
  await old.close()

  const { code, stderr } = await runZlt(['grow', '--data', data], { env: { ZLT_DATABASE: database.url } })
  expect([code, stderr]).toEqual([0, expect.stringContaining('both sides are the same')])
  const signingKeys = folder.file('keys.json')
  copyFileSync(join(data, 'keys.json'), signingKeys)
  chmodSync(signingKeys, 0o600)
  grown = await startTestServer({
    brokers: kafka.brokers,
    redis: redis.url,
    database: database.url,
    signingKeys,
    partitions: 3,
    replication: 1,
  })
  await eventually('it is ready', async () => (await grown.call('GET', '/readyz')).status === 200, 30_000)
}, 120_000)

afterAll(async () => {
  await grown?.close()
  await Promise.all([kafka?.stop(), redis?.stop(), database?.remove()])
  folder.remove()
}, 60_000)

test('accounts are there, and a password is good', async () => {
  const body = { username: 'admin', password: ADMIN_PASSWORD }
  expect((await grown.call('POST', '/auth/login', { body })).status).toBe(200)
})

test('a page that was open goes on, by the link it has', async () => {
  const viewer = await openViewer(grown, ['o1'], { token })
  await viewer.shows('o1', (view) => view.order?.status === 'assigned', 20_000)
  expect((await grown.post('dp1', { order_id: 'o1', lat: 12.9702, lng: 77.59 })).status).toBe(202)
  await viewer.shows('o1', (view) => shownAt(view) === '12.9702,77.59', 20_000)
  const merged = viewOf([...frames, ...viewer.frames], 'o1')
  expect(shownAt(merged)).toBe('12.9702,77.59')
  expect(merged?.epoch).toBeGreaterThan(viewOf(frames, 'o1')?.epoch as number)
  viewer.close()
}, 60_000)
