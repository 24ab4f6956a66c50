/** Real processes of each role on a real Kafka, Redis and Postgres. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { mintToken } from '../../src/auth/mint.ts'
import { openSigningKeys, type SigningKeys } from '../../src/auth/signing-keys.ts'
import type { Role } from '../../src/domain/audience.ts'
import { RoleProcess } from '../faults/cluster/role-process.ts'
import { type KafkaService, startKafka } from '../services/kafka.ts'
import { type PostgresService, startPostgres } from '../services/postgres.ts'
import { type RedisService, startRedis } from '../services/redis.ts'
import { type Answer, eventually } from '../support/server.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { openViewer, shownAt } from '../support/viewer.ts'

const COMMAND = [process.execPath, join(import.meta.dir, '../../cli/main.ts')]

let kafka: KafkaService
let redis: RedisService
let postgres: PostgresService
let auths: [RoleProcess, RoleProcess]
let ingest: RoleProcess
let fanouts: [RoleProcess, RoleProcess]
let keys: SigningKeys
const folder = tempFolder()
const started: RoleProcess[] = []

async function start(role: RoleProcess['role'], name: string, env: Record<string, string>): Promise<RoleProcess> {
  const settings = { ZLT_BROKERS: kafka.brokers.join(','), ZLT_REDIS: redis.url, ZLT_PARTITIONS: '4', ...env }
  const made = await RoleProcess.make(role, name, COMMAND, folder.path, settings)
  started.push(made)
  await made.start()
  return made
}

beforeAll(async () => {
  ;[kafka, redis, postgres] = await Promise.all([startKafka(), startRedis(), startPostgres()])
  const shared = { ZLT_DATABASE: postgres.url, ZLT_SIGNING_KEYS: folder.file('keys.json') }
  auths = await Promise.all([start('auth', 'auth1', shared), start('auth', 'auth2', shared)])
  const verifies = { ZLT_AUTH_URL: auths[0].url }
  ;[ingest, ...fanouts] = await Promise.all([
    start('ingest', 'ingest1', verifies),
    start('fanout', 'fanout1', verifies),
    start('fanout', 'fanout2', verifies),
  ])
  keys = await openSigningKeys(folder.file('keys.json'), { create: false })
}, 120_000)
afterAll(async () => {
  await Promise.all(started.map((one) => (one.isAlive ? one.kill() : undefined)))
  await Promise.all([kafka?.stop(), redis?.stop(), postgres?.stop()])
  folder.remove()
})

const token = (role: Role, sub: string) => mintToken(keys, { role, sub, ttlS: 900, issuer: 'zlt' }, Date.now())

async function call(
  at: RoleProcess,
  method: string,
  path: string,
  as: [Role, string],
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(at.url + path, {
    method,
    headers: { authorization: `Bearer ${await token(...as)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) }
}

async function orderAt(at: RoleProcess, id: string): Promise<void> {
  expect((await call(at, 'POST', '/orders', ['INTERNAL_SERVICE', 'd'], { id, customer_id: 'c1' })).status).toBe(201)
  const assigned = await call(at, 'POST', `/orders/${id}/assign`, ['INTERNAL_SERVICE', 'd'], { partner_id: `dp-${id}` })
  expect([assigned.status, assigned.body]).toMatchObject([200, { id }])
}

async function send(id: string, lat: number): Promise<void> {
  const fix = { order_id: id, lat, lng: 77.59 }
  const answer = await call(ingest, 'POST', '/location', ['DELIVERY_PARTNER', `dp-${id}`], fix)
  expect([answer.status, answer.body]).toMatchObject([202, { accepted: 1 }])
}

const viewerAt = (at: RoleProcess, id: string) => openViewer({ url: at.url, token }, [id])

test('orders of either auth node, fixes and viewers on every fanout node meet', async () => {
  for (const [n, auth] of auths.entries()) await orderAt(auth, `o${n}`)
  for (const id of ['o0', 'o1']) {
    const viewers = await Promise.all(fanouts.map((fanout) => viewerAt(fanout, id)))
    await send(id, 12.97)
    for (const viewer of viewers) {
      await viewer.shows(id, (view) => shownAt(view) === '12.97,77.59')
      viewer.close()
    }
  }
}, 30_000)

test('a fanout node that is ended hands over at once: others’ viewers are shown on, its own are sent away', async () => {
  const [staying, leaving] = fanouts
  const ids = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5']
  for (const id of ids) await orderAt(auths[0], id)
  const watching = await Promise.all(ids.map((id) => viewerAt(staying, id)))
  const own = await viewerAt(leaving, 'h0')
  for (const id of ids) await send(id, 1)
  for (const [n, id] of ids.entries()) await watching[n]?.shows(id, (view) => shownAt(view) === '1,77.59')

  const ended = leaving.terminate()
  const endedMs = performance.now()
  await eventually(
    'unready',
    async () =>
      !(await leaving.expectReady().then(
        () => true,
        () => false,
      )),
  )
  for (const id of ids) await send(id, 1.0001)
  for (const [n, id] of ids.entries()) await watching[n]?.shows(id, (view) => shownAt(view) === '1.0001,77.59', 8_000)
  const shownMs = performance.now() - endedMs
  expect(await own.closing).toMatchObject({ code: 1012 })
  const { code, tookMs } = await ended
  expect(code).toBe(0)
  const [, said = ''] = leaving.output().split('"event":"closing"')
  expect(said.split('\n').filter((line) => line.includes('"error"'))).toEqual([])
  expect(tookMs).toBeLessThan(20_000)
  expect(shownMs).toBeLessThan(8_000)
  await leaving.start()
}, 60_000)

test('an auth node that is killed is replaced by the other one, while fixes go on', async () => {
  await auths[0].kill()
  await send('o0', 12.9701)
  const created = await call(auths[1], 'POST', '/orders', ['INTERNAL_SERVICE', 'd'], { id: 'k1', customer_id: 'c1' })
  expect(created.status).toBeOneOf([201, 202])
  const viewer = await eventually('the order', () => viewerAt(fanouts[0], 'k1').catch(() => undefined), 10_000)
  viewer.close()
  await orderAt(auths[1], 'k2')
  // Its auth node is away: it starts on the keys it kept.
  await ingest.kill()
  await ingest.start()
  await send('o0', 12.9702)
}, 60_000)

test('what cannot be reached at its start is named, without a password, and the exit code is 3', async () => {
  const cases = [
    [{ ZLT_BROKERS: '127.0.0.1:1' }, 'ZLT_BROKERS', '127.0.0.1:1'],
    [{ ZLT_DATABASE: 'postgres://zlt:hidden@127.0.0.1:1/zlt' }, 'ZLT_DATABASE', '127.0.0.1:1'],
  ] as const
  await Promise.all(
    cases.map(async ([changed, setting, host], n) => {
      const child = Bun.spawn([...COMMAND, 'serve', '--role', 'auth', '--port', '0', '--log-level', 'silent'], {
        cwd: folder.path,
        env: {
          PATH: process.env.PATH ?? '',
          ZLT_DATA: folder.file(`refused${n}`),
          ZLT_BROKERS: kafka.brokers.join(','),
          ZLT_REDIS: redis.url,
          ZLT_PARTITIONS: '4',
          ZLT_DATABASE: postgres.url,
          ...changed,
        },
        stdout: 'ignore',
        stderr: 'pipe',
      })
      const said = await new Response(child.stderr).text()
      expect([await child.exited, said]).toEqual([3, expect.stringContaining(setting)])
      expect(said).toContain(host)
      expect(said).not.toContain('hidden')
    }),
  )
}, 60_000)
