/** The servers that tests use: each answers, comes back with what it has stored, and leaves nothing behind. */

import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SQL } from 'bun'
import { Redis } from 'ioredis'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { startKafka } from './kafka.ts'
import { startPostgres } from './postgres.ts'
import { isRunning } from './processes.ts'
import { startRedis } from './redis.ts'
import { sharedKafka, sharedPostgres, sharedRedis } from './shared-servers.ts'

test('a Redis answers, freezes, goes on, comes back on its port, and leaves no process', async () => {
  const redis = await startRedis({ config: { appendonly: 'yes', appendfsync: 'always' } })
  const client = new Redis(redis.url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  client.on('error', () => {})
  await client.set('a', '1')
  redis.pause()
  const answer = client.get('a')
  expect(await Promise.race([answer, Bun.sleep(100).then(() => 'none')])).toBe('none')
  redis.resume()
  expect(await answer).toBe('1')
  const [pid = 0] = redis.pids()
  await redis.kill()
  expect([redis.pids(), isRunning(pid)]).toEqual([[], false])
  await redis.restart()
  expect(await client.get('a')).toBe('1')
  client.disconnect()
  const pids = redis.pids()
  await redis.stop()
  expect([pids.length, pids.some(isRunning)]).toEqual([1, false])
})

test('a Postgres keeps what it has committed through a kill, and leaves no process', async () => {
  const postgres = await startPostgres()
  const before = new SQL(postgres.url)
  await before`CREATE TABLE t (a int)`
  await before`INSERT INTO t VALUES (1)`
  postgres.pause()
  const answer = before`SELECT a FROM t`.execute()
  expect(await Promise.race([answer, Bun.sleep(100).then(() => 'none')])).toBe('none')
  postgres.resume()
  expect(await answer).toEqual([{ a: 1 }])
  const pids = postgres.pids()
  expect(pids.length).toBeGreaterThan(1)
  await postgres.kill()
  expect(pids.some(isRunning)).toBeFalse()
  await before.close()
  await postgres.restart()
  const after = new SQL(postgres.url)
  expect(await after`SELECT a FROM t`).toEqual([{ a: 1 }])
  await after.close()
  const last = postgres.pids()
  await postgres.stop()
  expect(last.some(isRunning)).toBeFalse()
}, 30_000)

test('three nodes of Kafka keep their records when the leader is killed, and leave no process', async () => {
  const kafka = await startKafka({ nodes: 3 })
  const client = new Kafka({
    brokers: kafka.brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 500,
    requestTimeout: 1_000,
    retry: { retries: 50, initialRetryTime: 50, maxRetryTime: 250 },
  })
  const admin = client.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 't', numPartitions: 1 }] })
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner, metadataMaxAge: 1_000 })
  await producer.connect()
  const send = (value: string) => producer.send({ topic: 't', acks: -1, messages: [{ partition: 0, value }] })
  const state = async () => (await admin.fetchTopicMetadata({ topics: ['t'] })).topics[0]?.partitions[0]
  // Polled: a node hears late of what others know, and one that is out of breath is out of sync for a moment.
  const inSync = () => until(async () => (await state())?.isr.length === 3, 'all three are in sync', 20_000)
  await send('one')
  await inSync()
  const leader = kafka.node((await state())?.leader ?? 0)

  await leader.kill()
  expect(leader.isAlive).toBeFalse()
  await send('two')
  await until(async () => (await state())?.leader !== leader.id, 'another leads', 20_000)
  await leader.restart()
  await inSync()

  const read: string[] = []
  const consumer = client.consumer({ groupId: 'g', maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void read.push(String(message.value)) })
  await until(() => read.includes('two'), 'both records are read', 20_000)
  // A send whose answer was lost is there twice.
  expect([...new Set(read)]).toEqual(['one', 'two'])
  await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()])
  const pids = kafka.pids()
  expect(pids).toHaveLength(3)
  await kafka.stop()
  expect(pids.some(isRunning)).toBeFalse()
}, 120_000)

test('what is not on the machine is told with what installs it', async () => {
  const hint = 'scripts/system-packages.ts'
  await expect(startKafka({ java: '/nowhere/java' })).rejects.toThrow(hint)
  await expect(startRedis({ program: '/nowhere/redis-server' })).rejects.toThrow(hint)
  await expect(startPostgres({ binFolder: '/nowhere' })).rejects.toThrow(hint)
})

test('a setting that Kafka refuses is told with what it said', async () => {
  await expect(startKafka({ properties: { 'min.insync.replicas': 'none' } })).rejects.toThrow('min.insync.replicas')
}, 30_000)

test('the shared ones are one of each', async () => {
  const [kafka, redis, postgres] = await Promise.all([sharedKafka(), sharedRedis(), sharedPostgres()])
  expect([await sharedKafka(), await sharedRedis(), await sharedPostgres()]).toEqual([kafka, redis, postgres])
  expect([kafka.brokers.length, redis.url, postgres.url]).toEqual([1, expect.any(String), expect.any(String)])
}, 60_000)

test('the shared ones stop, and take their folders along, when a run of tests ends', async () => {
  const folder = tempFolder()
  try {
    const file = folder.file('one.test.ts')
    const shared = JSON.stringify(join(import.meta.dir, 'shared-servers.ts'))
    const toStop = JSON.stringify(join(import.meta.dir, 'servers-to-stop.ts'))
    await Bun.write(
      file,
      `import { expect, test } from 'bun:test'
      import { sharedRedis } from ${shared}
      import { serversToStop } from ${toStop}
      test('asks', async () => {
        await sharedRedis()
        console.log('pids', ...(await serversToStop[0]).pids())
      })`,
    )
    const run = Bun.spawn([process.execPath, 'test', file], {
      cwd: join(import.meta.dir, '../..'),
      // As by hand, whatever servers this run was given.
      env: { ...process.env, TEST_REDIS_URL: undefined, TMPDIR: folder.path },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([
      new Response(run.stdout).text(),
      new Response(run.stderr).text(),
      run.exited,
    ])
    if (code !== 0) throw new Error(stderr)
    const pid = Number(/^pids (\d+)$/m.exec(stdout)?.[1])
    expect(pid).toBeGreaterThan(0)
    expect(isRunning(pid)).toBeFalse()
    expect(readdirSync(folder.path)).toEqual(['one.test.ts'])
  } finally {
    folder.remove()
  }
}, 30_000)

test('all ends with the process that has started it', async () => {
  const folder = JSON.stringify(import.meta.dir)
  const script = `
    const [{ startRedis }, { startPostgres }] = await Promise.all(
      ['redis.ts', 'postgres.ts'].map((file) => import(${folder} + '/' + file)),
    )
    const servers = await Promise.all([startRedis(), startPostgres()])
    servers[0].pause()
    console.log(JSON.stringify(servers.flatMap((server) => server.pids())))
    setInterval(() => {}, 1_000)`
  const parent = Bun.spawn([process.execPath, '-e', script], {
    // The run of all tests leaves no orphans by Bun's own means, which would end the guard too.
    env: { ...process.env, BUN_FEATURE_FLAG_NO_ORPHANS: undefined },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  try {
    const { value } = await parent.stdout.pipeThrough(new TextDecoderStream()).getReader().read()
    const pids: number[] = JSON.parse(value ?? '[]')
    expect(pids.filter(isRunning).length).toBeGreaterThan(2)
    parent.kill('SIGKILL')
    await until(() => !pids.some(isRunning), 'every server is gone')
  } finally {
    parent.kill('SIGKILL')
  }
}, 30_000)
