/** The Redis user that docs/security.md tells operators to make can do all that zlt does, and nothing beside it. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Redis } from 'ioredis'
import { emptyTrack } from '../../../src/domain/track.ts'
import { TRAIL_MAX_POINTS } from '../../../src/ports/snapshots.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { eventually } from '../../support/server.ts'
import { openNode, openStore } from './open-redis.ts'

const text = readFileSync(resolve(import.meta.dir, '../../../docs/security.md'), 'utf-8')
const rule = (/^ACL (SETUSER zlt .*)$/m.exec(text)?.[1] ?? '').replace('PASSWORD', 'hush').split(' ')

let server: RedisService
let url: string
beforeAll(async () => {
  server = await startRedis()
  const admin = new Redis(server.url)
  await admin.acl('SETUSER', ...(rule.slice(1) as [string]))
  admin.disconnect()
  url = server.url.replace('redis://', 'redis://zlt:hush@')
}, 60_000)
afterAll(() => server?.stop())

/** What Redis has refused since it started. */
async function refused(): Promise<unknown[]> {
  const admin = new Redis(server.url)
  const entries = (await admin.call('ACL', 'LOG')) as unknown[]
  admin.disconnect()
  return entries
}

test('mail between two nodes, and their registry', async () => {
  const [a, b] = [openNode({ redis: url }, 'a'), openNode({ redis: url }, 'b')]
  let received = 0
  const inbox = { receive: () => (received += 1), gap() {}, absent() {}, expired() {}, emptied() {} }
  await Promise.all([a.mail.open(inbox), b.mail.open(inbox)])
  await eventually('both nodes are known', async () => (await a.mail.nodes()).length === 2)
  await a.mail.claim(3)
  expect(await b.mail.ownerOf(3)).toBe(a.mail.self)
  a.mail.send(b.mail.self, [{ type: 'not_mine', partition: 3 }])
  await eventually('a message', () => received > 0)
  await eventually('the partition is released', async () => (await b.mail.ownerOf(3)) === undefined)
  const admin = new Redis(server.url)
  const lease = await admin.zscore('zlt:nodes', a.mail.self)
  await eventually('the lease is renewed', async () => (await admin.zscore('zlt:nodes', a.mail.self)) !== lease)
  admin.disconnect()
  expect(await a.mail.health()).toEqual({ ok: true })
  expect([...a.errors, ...b.errors]).toEqual([])
  await Promise.all([a.close(), b.close()])
  expect(await refused()).toEqual([])
})

test('snapshots, with a trail that is thinned', async () => {
  const { snapshots, close } = await openStore({ redis: url })
  const trail = Array.from({ length: TRAIL_MAX_POINTS + 10 }, (_, at) => ({ at, lat: 47, lng: 9, timeMs: at }))
  for (let from = 0; from < trail.length; from += 200) {
    const points = trail.slice(from, from + 200)
    await snapshots.save(3, [{ track: { ...emptyTrack('o1'), at: from, assignment: 1 }, trail: points }])
  }
  expect((await snapshots.load(3, ['o1'])).size).toBe(1)
  expect((await snapshots.trail(3, 'o1')).points.length).toBeLessThan(TRAIL_MAX_POINTS)
  await snapshots.savePace(3, {} as never)
  await snapshots.loadPace(3)
  await snapshots.drop(3, 'o1')
  await close()
  expect(await refused()).toEqual([])
})

test('nothing else: neither other keys nor other commands', async () => {
  const zlt = new Redis(url, { enableReadyCheck: false, disableClientInfo: true })
  await expect(zlt.get('other')).rejects.toThrow('NOPERM')
  await expect(zlt.flushall()).rejects.toThrow('NOPERM')
  await expect(zlt.keys('*')).rejects.toThrow('NOPERM')
  await expect(zlt.config('GET', '*')).rejects.toThrow('NOPERM')
  zlt.disconnect()
})
