/** Which Redis: by TLS with an authority of its own, and by sentinels through a fail-over. */

import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Child } from '../../services/child.ts'
import { freePorts } from '../../services/free-ports.ts'
import { guardedFolder } from '../../services/guard.ts'
import { startRedis } from '../../services/redis.ts'
import { until } from '../../support/until.ts'
import { openNode, openStore } from './open-redis.ts'

const INBOX = { receive() {}, gap() {}, absent() {}, expired() {}, emptied() {} }

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

/** An authority, and a certificate of it for `localhost`. */
function certificates(folder: string): { ca: string; key: string; cert: string } {
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync(['openssl', ...args])
    if (exitCode !== 0) throw new Error(stderr.toString())
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = ['-x509', '-days', '2', '-subj', '/CN=test', '-addext', 'basicConstraints=critical,CA:TRUE']
  openssl('req', ...authority, ...key, '-keyout', file('ca.key'), '-out', file('ca.pem'))
  const request = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  openssl('req', ...request, ...key, '-keyout', file('redis.key'), '-out', file('redis.csr'))
  const signed = [
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-copy_extensions',
    'copy',
  ]
  openssl('x509', '-req', '-in', file('redis.csr'), ...signed, '-out', file('redis.pem'))
  return { ca: file('ca.pem'), key: file('redis.key'), cert: file('redis.pem') }
}

test('rediss: trusts the authority that is named, and none that is not', async () => {
  const folder = guardedFolder('tls')
  cleanups.push(() => folder.remove())
  const { ca, key, cert } = certificates(folder.path)
  const [tlsPort = 0] = await freePorts(1)
  const server = await startRedis({
    config: {
      'tls-port': String(tlsPort),
      'tls-cert-file': cert,
      'tls-key-file': key,
      'tls-ca-cert-file': ca,
      'tls-auth-clients': 'no',
    },
  })
  cleanups.push(() => server.stop())
  const redis = `rediss://localhost:${tlsPort}`
  const trusting = openNode({ redis, redisCa: ca })
  cleanups.push(() => trusting.close())
  await trusting.mail.open(INBOX)
  await until(async () => (await trusting.mail.health()).ok, 'health')
  const doubting = openNode({ redis })
  cleanups.push(() => doubting.close())
  await doubting.mail.open(INBOX)
  expect((await doubting.mail.health()).ok).toBe(false)
  // The reason is told, once.
  expect(doubting.errors.length).toBe(1)
  expect(String(doubting.errors[0])).toMatch(/certificate/i)
}, 60_000)

test('through sentinels the master is found, and the next one after a fail-over', async () => {
  const [master, replica] = await Promise.all([startRedis(), startRedis()])
  cleanups.push(
    () => master.stop(),
    () => replica.stop(),
  )
  const port = new URL(master.url).port
  const admin = new Redis(replica.url)
  cleanups.push(() => admin.disconnect())
  await admin.call('REPLICAOF', '127.0.0.1', port)
  await until(async () => (await admin.info('replication')).includes('master_link_status:up'), 'the replica')
  const folder = guardedFolder('sentinel')
  cleanups.push(() => folder.remove())
  const [sentinelPort = 0] = await freePorts(1)
  const file = join(folder.path, 'sentinel.conf')
  await Bun.write(
    file,
    `port ${sentinelPort}
bind 127.0.0.1
sentinel monitor zlt 127.0.0.1 ${port} 1
sentinel down-after-milliseconds zlt 1000
sentinel failover-timeout zlt 3000
`,
  )
  const program = Bun.which('redis-server') as string
  const sentinel = Child.start([program, file, '--sentinel'], {
    outputFile: join(folder.path, 'output.log'),
    cwd: folder.path,
  })
  cleanups.push(() => sentinel.end())
  const settings = {
    redis: 'redis://unused:1',
    redisSentinels: [`127.0.0.1:${sentinelPort}`],
    redisSentinelName: 'zlt',
  }
  const asking = new Redis(sentinelPort, '127.0.0.1', { enableReadyCheck: false })
  asking.on('error', () => {})
  cleanups.push(() => asking.disconnect())
  await until(
    async () => String(await asking.call('SENTINEL', 'replicas', 'zlt').catch(() => '')) !== '',
    'the sentinel',
    30_000,
  )

  const node = openNode(settings)
  cleanups.push(() => node.close())
  await node.mail.open(INBOX)
  await node.mail.claim(1)
  const store = await openStore(settings)
  cleanups.push(() => store.close())
  await store.snapshots.savePace(0, { vehicles: {} })

  await master.kill()
  await until(
    () =>
      node.mail.claim(2).then(
        () => true,
        () => false,
      ),
    'the new master',
    40_000,
  )
  await until(async () => (await node.mail.health()).ok, 'health')
  expect(await admin.hgetall('zlt:owners')).toMatchObject({ '2': node.mail.self })
  await until(
    () =>
      store.snapshots.savePace(0, { vehicles: {} }).then(
        () => true,
        () => false,
      ),
    'snapshots',
  )
  expect(node.errors.length).toBe(1)
}, 90_000)
