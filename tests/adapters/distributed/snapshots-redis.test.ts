/** What the contract of `Snapshots` leaves open, and Redis must answer: lifetimes, loss, epochs, round trips. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { Redis } from 'ioredis'
import { emptyTrack } from '../../../src/domain/track.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { openStore } from './open-redis.ts'

const HOUR_MS = 3_600_000

let server: RedisService
let admin: Redis
let store: Awaited<ReturnType<typeof openStore>>
let epoch = 1

beforeAll(async () => {
  server = await startRedis()
  admin = new Redis(server.url)
  store = await openStore({ redis: server.url }, () => epoch)
}, 60_000)

afterAll(async () => {
  await store.close()
  admin.disconnect()
  await server.stop()
})

beforeEach(async () => {
  epoch = 1
  await admin.flushall()
})

async function save(order: string, at: number, assignment: number): Promise<void> {
  const trail = [{ at, lat: 47, lng: 9, timeMs: at }]
  await store.snapshots.save(3, [{ track: { ...emptyTrack(order), at, assignment }, trail }])
}

async function isComplete(order: string): Promise<boolean> {
  return (await store.snapshots.trail(3, order)).complete
}

test('a trail whose beginning went with the store says so, however it goes on', async () => {
  const assignment = Date.now() + 50
  await save('o', 1, assignment)
  expect(await isComplete('o')).toBe(true)
  await admin.flushall()
  await Bun.sleep(60)
  await save('o', 2, assignment)
  await save('o', 3, assignment)
  expect((await store.snapshots.trail(3, 'o')).points.map(({ at }) => at)).toEqual([2, 3])
  expect(await isComplete('o')).toBe(false)
  await save('later', 4, Date.now() + 1_000)
  expect(await isComplete('later')).toBe(true)
})

test('an order that was assigned before its trail could have ended here may miss points', async () => {
  await save('new', 1, Date.now() + 1_000)
  await admin.set('zlt:{3}:1:begun', Date.now() - 100 * HOUR_MS)
  await save('old', 2, Date.now() - 31 * HOUR_MS)
  await save('young', 3, Date.now() - 29 * HOUR_MS)
  expect([await isComplete('old'), await isComplete('young')]).toEqual([false, true])
})

test('a vouched trail is whole once the store is older than such an order can be silent', async () => {
  await save('v1', 1, 0)
  expect(await isComplete('v1')).toBe(false)
  await admin.set('zlt:{3}:1:begun', Date.now() - 2 * HOUR_MS - 1)
  await save('v2', 2, 0)
  expect(await isComplete('v2')).toBe(true)
})

test('a track lives 6 h after its last save, a trail 24 h more; nothing lives for ever', async () => {
  await save('o', 1, 1)
  await store.snapshots.savePace(3, { vehicles: {} })
  expect(await admin.pttl('zlt:{3}:1:track:o')).toBeWithin(6 * HOUR_MS - 5_000, 6 * HOUR_MS + 1)
  expect(await admin.pttl('zlt:{3}:1:trail:o')).toBeWithin(30 * HOUR_MS - 5_000, 30 * HOUR_MS + 1)
  for (const key of await admin.keys('*')) expect(await admin.pttl(key)).toBeGreaterThan(0)
})

test('a save with no point leaves the trail its time', async () => {
  await save('o', 1, 1)
  await admin.pexpire('zlt:{3}:1:trail:o', 10_000)
  await store.snapshots.save(3, [{ track: { ...emptyTrack('o'), at: 2 }, trail: [] }])
  expect(await admin.pttl('zlt:{3}:1:trail:o')).toBeLessThanOrEqual(10_000)
  expect(await admin.pttl('zlt:{3}:1:track:o')).toBeGreaterThan(HOUR_MS)
})

test('another epoch finds nothing of this one', async () => {
  await save('o', 1, 1)
  epoch = 2
  expect((await store.snapshots.load(3, ['o'])).size).toBe(0)
  expect((await store.snapshots.trail(3, 'o')).points).toEqual([])
})

test('what cannot be decoded is answered as it is, and hinders no other', async () => {
  await save('good', 1, 1)
  await admin.set('zlt:{3}:1:track:bad', '0000000000000002|{')
  const loaded = await store.snapshots.load(3, ['bad', 'good'])
  expect(loaded.get('bad')).toBe('0000000000000002|{')
  expect(loaded.get('good')).toMatchObject({ orderId: 'good', at: 1 })
})

test('200 orders are saved by two commands, and loaded by one', async () => {
  const before = store.metrics.value('zlt_redis_commands_total', 'snapshots')
  const orders = Array.from({ length: 200 }, (_, i) => `o${i}`)
  await store.snapshots.save(
    3,
    orders.map((order) => ({
      track: { ...emptyTrack(order), at: 5 },
      trail: [{ at: 5, lat: 1, lng: 2, timeMs: 3 }],
    })),
  )
  expect(store.metrics.value('zlt_redis_commands_total', 'snapshots') - before).toBe(2)
  expect((await store.snapshots.load(3, orders)).size).toBe(200)
  expect(store.metrics.value('zlt_redis_commands_total', 'snapshots') - before).toBe(3)
})

test('while Redis is frozen a load fails within a second or so, and works again after', async () => {
  await save('o', 1, 1)
  server.pause()
  const startedMs = performance.now()
  const outcome = await store.snapshots.load(3, ['o']).catch((error: Error) => error)
  server.resume()
  expect(outcome).toBeInstanceOf(Error)
  expect(performance.now() - startedMs).toBeLessThan(3_000)
  expect((await store.snapshots.load(3, ['o'])).size).toBe(1)
})
