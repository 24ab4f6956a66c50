import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { SQL } from 'bun'
import { createOrder } from '../../src/auth/create-order.ts'
import { startElectedRelay } from '../../src/auth/elected-relay.ts'
import { moveOrder } from '../../src/auth/move-order.ts'
import type { Relay } from '../../src/auth/relay.ts'
import type { Claims } from '../../src/domain/audience.ts'
import type { Database } from '../../src/store/database.ts'
import { factOf } from '../../src/store/orders.ts'
import { rowsAfter } from '../../src/store/outbox.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { type PostgresService, startPostgres } from '../services/postgres.ts'
import { openRecordedLog, type RecordedLog, recordedLogAt } from '../support/recorded-log.ts'
import { until } from '../support/until.ts'

const BACKEND: Claims = { sub: 'backend', role: 'INTERNAL_SERVICE', exp: 0 }
const TOPIC = 'delivery.order.v1'

let postgres: PostgresService
let admin: SQL
let url: string
let log: RecordedLog
/** What the test looks by, beside the nodes. */
let store: Database
let relays: Relay[]
let children: Bun.Subprocess[]
let failures: string[]

beforeAll(async () => {
  postgres = await startPostgres()
  admin = new SQL(postgres.url)
}, 60_000)
afterAll(async () => {
  await admin.close()
  await postgres.stop()
})
beforeEach(async () => {
  const name = `relay_${crypto.randomUUID().replaceAll('-', '')}`
  await admin.unsafe(`CREATE DATABASE ${name}`)
  url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href
  store = await openDatabase(url)
  log = openRecordedLog()
  relays = []
  children = []
  failures = []
})
afterEach(async () => {
  for (const relay of relays) await relay.close()
  for (const child of children) {
    child.kill('SIGKILL')
    await child.exited
  }
  await store.close()
  await log.close()
})

/** @param settleMs no shorter than what a lease is taken to be ours unasked, where that matters */
async function startRelayOf(name: string, on: Database = store, settleMs = 100): Promise<Relay> {
  const onError = (error: unknown) => failures.push(`${name}: ${error}`)
  const relay = await startElectedRelay(
    { store: on, log: recordedLogAt(log.url, name), now: Date.now, onError },
    settleMs,
  )
  relays.push(relay)
  return relay
}

interface Node {
  name: string
  url: string
  pid: number
  child: Bun.Subprocess
}

async function startNode(name: string): Promise<Node> {
  const script = join(import.meta.dir, '../support/auth-child.ts')
  const child = Bun.spawn([process.execPath, script, name, url, log.url], { stdout: 'pipe', stderr: 'inherit' })
  children.push(child)
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    return { name, url: text.trim(), pid: child.pid, child }
  }
  throw new Error(`${name} ended before it listened`)
}

async function ask(
  node: Node,
  what: string,
  id: string,
): Promise<{ rev?: number; published?: boolean; code?: string }> {
  const response = await fetch(`${node.url}/${what}/${id}`, { method: 'POST', signal: AbortSignal.timeout(10_000) })
  return (await response.json()) as { rev?: number; published?: boolean; code?: string }
}

const lastBy = () => log.published.at(-1)?.by
const sendsBy = (name: string) => log.published.filter(({ by }) => by === name).length

/** Whether a value of at least this `rev` was sent, or a null. */
const wasSent = (id: string, rev: number | undefined) =>
  log.published.some(
    ({ key, value }) => key === id && (value === null ? rev === undefined : JSON.parse(value).rev >= (rev ?? Infinity)),
  )

/** Each fall of an order's rev within what was published. A null is no fall: it is under the rev that follows it. */
function falls(): string[] {
  const revs = new Map<string, number>()
  const found: string[] = []
  for (const { by, topic, key, value } of log.published) {
    if (topic !== TOPIC || value === null) continue
    const { rev } = JSON.parse(value) as { rev: number }
    const before = revs.get(key) ?? 0
    if (rev < before) found.push(`${by}: ${key} from ${before} to ${rev}`)
    revs.set(key, Math.max(rev, before))
  }
  return found
}

async function expectTopicToSayWhatRowsSay(): Promise<void> {
  const expected = async () => {
    const rows = await store.read((tx) => rowsAfter(tx, '', 10_000))
    return rows.flatMap((row) => (factOf(row) === null ? [] : [[row.id, factOf(row) as string] as const]))
  }
  await until(async () => {
    const held = log.facts(TOPIC)
    const rows = await expected()
    return held.size === rows.length && rows.every(([id, value]) => held.get(id) === value)
  }, 'the topic says what the rows say')
}

describe('two nodes in two processes', () => {
  test('publish each other’s orders; when the elected one is killed the other takes over, and nothing is lost or out of order', async () => {
    const nodes = [await startNode('a'), await startNode('b')] as const
    await until(() => lastBy() !== undefined)
    const elected = lastBy() === 'a' ? nodes[0] : nodes[1]
    const other = elected === nodes[0] ? nodes[1] : nodes[0]
    expect(await ask(other, 'create', 'first')).toMatchObject({ published: true })

    const said = new Map<string, number>()
    const lies: string[] = []
    let serving: readonly Node[] = nodes
    let stop = false
    const churn = async (writer: number) => {
      for (let n = 0; !stop; n++) {
        const node = serving[n % serving.length] as Node
        const id = `o${writer}-${n % 7}`
        for (const what of ['create', 'end', 'forget']) {
          const answer = await ask(node, what, id).catch(() => ({}) as { rev?: number; published?: boolean })
          if (!answer.published || answer.rev === undefined) continue
          said.set(id, answer.rev)
          if (!wasSent(id, what === 'forget' ? undefined : answer.rev)) lies.push(`${what} ${id} ${answer.rev}`)
        }
      }
    }
    const writers = [churn(1), churn(2), churn(3)]
    await until(() => sendsBy(elected.name) > 200)
    expect(sendsBy(other.name)).toBe(0)

    const killedMs = performance.now()
    serving = [other]
    process.kill(elected.pid, 'SIGKILL')
    await until(() => sendsBy(other.name) > 0)
    const tookMs = performance.now() - killedMs
    await until(() => sendsBy(other.name) > 100)
    stop = true
    await Promise.all(writers)
    // A second until it tries, two until it publishes; the rest is a machine with other things to do.
    expect(tookMs).toBeWithin(1_900, 10_000)
    expect(lies).toEqual([])
    expect(falls()).toEqual([])
    expect(said.size).toBe(21)
    await expectTopicToSayWhatRowsSay()
  }, 40_000)

  test('one that froze is replaced, and sends nothing when it wakes up', async () => {
    const frozen = await startNode('frozen')
    await ask(frozen, 'create', 'o1')
    await until(() => sendsBy('frozen') > 0)
    process.kill(frozen.pid, 'SIGSTOP')
    const next = await startNode('next')
    await ask(next, 'create', 'o2')
    await until(() => sendsBy('next') > 0, 'the other one publishes', 15_000)
    const before = sendsBy('frozen')
    process.kill(frozen.pid, 'SIGCONT')
    for (let n = 0; n < 20; n++) await ask(next, 'create', `n${n}`)
    await ask(frozen, 'end', 'o1')
    await until(() => log.facts(TOPIC).has('n19') && log.facts(TOPIC).get('o1')?.includes('cancelled') === true)
    expect(sendsBy('frozen')).toBe(before)
    await expectTopicToSayWhatRowsSay()
  }, 40_000)

  test('that start at once make one first administrator', async () => {
    const nodes = await Promise.all(['a', 'b', 'c'].map(startNode))
    const told = await Promise.all(nodes.map(async (node) => (await (await fetch(`${node.url}/admins`)).json()).admins))
    expect(told.sort()).toEqual([0, 0, 1])
    expect(await store.read((tx) => tx`SELECT id FROM users`)).toHaveLength(1)
  }, 20_000)
})

describe('the elected one', () => {
  const create = (id: string) => createOrder({ store, now: Date.now }, BACKEND, { id }, undefined)
  const end = (id: string) => moveOrder({ store, now: Date.now }, BACKEND, id, 'cancelled', undefined)
  const sessions = () =>
    admin`SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND d.datname = ${new URL(url).pathname.slice(1)}`

  test('publishes nothing more once its connection is lost; what was under way then is put right', async () => {
    await startRelayOf('a')
    await until(() => sendsBy('a') > 0)
    await create('o1')
    await until(() => log.facts(TOPIC).has('o1'))
    const gate = Promise.withResolvers<void>()
    let held = 0
    log.before = ({ by, topic }) => {
      if (by !== 'a' || topic !== TOPIC) return
      held += 1
      return gate.promise
    }
    const stale = await create('o2')
    await until(() => held === 1)
    const [{ pid }] = await sessions()
    await admin`SELECT pg_terminate_backend(${pid})`
    await startRelayOf('b', store, 1_500)
    const ended = await end('o2')
    await until(() => sendsBy('b') > 0 && log.facts(TOPIC).get('o2')?.includes('cancelled') === true)

    gate.resolve()
    await until(() => log.published.some(({ by, key, value }) => by === 'a' && key === 'o2' && value !== null))
    expect(JSON.parse(log.facts(TOPIC).get('o2') ?? '').rev).toBeOneOf([stale.rev, ended.rev])
    await until(() => JSON.parse(log.facts(TOPIC).get('o2') ?? '').rev === ended.rev, 'put right')
    await create('o3')
    await until(() => log.facts(TOPIC).has('o3'))
    expect(lastBy()).toBe('b')
    expect(held).toBe(1)
  }, 20_000)

  test('without the lock two nodes take each other’s place, and the checks here notice', async () => {
    const always = { confirm: async () => {}, lost: new Promise<void>(() => {}), release: async () => {} }
    const unlocked: Database = { ...store, tryLead: async () => always }
    const gate = Promise.withResolvers<void>()
    let held = 0
    log.before = ({ by, value }) => {
      if (by !== 'a' || value === null || !value.includes('created') || value.includes('cancelled')) return
      held += 1
      return gate.promise
    }
    await startRelayOf('a', unlocked)
    await until(() => sendsBy('a') > 0)
    await create('o1')
    await until(() => held === 1)
    await startRelayOf('b', unlocked)
    await end('o1')
    await until(() => log.facts(TOPIC).get('o1')?.includes('cancelled') === true)
    gate.resolve()
    await until(() => falls().length > 0)
  }, 20_000)

  test('goes on by itself after the database was away; meanwhile writes and reads are told so', async () => {
    const relay = await startRelayOf('a')
    await until(() => sendsBy('a') > 0)
    await postgres.kill()
    await expect(create('o1')).rejects.toMatchObject({ code: 'database_unavailable', status: 503 })
    await expect(store.read((tx) => tx`SELECT 1`)).rejects.toMatchObject({ code: 'database_unavailable' })
    await postgres.restart()
    await until(() => admin`SELECT 1`.then(() => true).catch(() => false))
    const order = await create('o1')
    expect(await relay.published('o1', order.rev, 8_000)).toBe(true)
    await expectTopicToSayWhatRowsSay()
    expect(failures.length).toBeLessThan(20)
  }, 30_000)

  test('a database that froze is a 503 within 5 s, not a request that hangs', async () => {
    postgres.pause()
    try {
      const startMs = performance.now()
      await expect(create('o1')).rejects.toMatchObject({ code: 'database_unavailable' })
      expect(performance.now() - startMs).toBeLessThan(6_000)
    } finally {
      postgres.resume()
    }
    await until(async () => (await store.read((tx) => tx`SELECT 1`)).length === 1)
  }, 20_000)
})
