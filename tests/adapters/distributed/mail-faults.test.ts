/** Mail while Redis restarts empty, freezes or cuts connections, and while nodes are killed or sleep. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { Redis } from 'ioredis'
import { TestInbox } from '../../contract/test-inbox.ts'
import { type RedisService, startRedis } from '../../services/redis.ts'
import { until } from '../../support/until.ts'
import { startChildNode } from './child-node.ts'
import { type Node, openNode } from './open-redis.ts'

let server: RedisService
let nodes: { node: Node; inbox: TestInbox }[] = []

beforeAll(async () => {
  server = await startRedis()
}, 60_000)

afterAll(() => server.stop())

beforeEach(async () => {
  nodes = []
  for (let i = 0; i < 2; i++) {
    const opened = { node: openNode({ redis: server.url }), inbox: new TestInbox() }
    nodes.push(opened)
    await opened.node.mail.open(opened.inbox)
  }
})

afterEach(async () => {
  await Promise.all(nodes.map(({ node }) => node.close()))
})

function pair() {
  const [a, b] = nodes as [{ node: Node; inbox: TestInbox }, { node: Node; inbox: TestInbox }]
  return { a: a.node.mail, b: b.node.mail, atA: a.inbox, atB: b.inbox, nodeA: a.node, nodeB: b.node }
}

/** Sends a numbered message each 20 ms until `stop`. */
function stream(from: Node['mail'], to: string): { sent: string[]; stop(): void } {
  const sent: string[] = []
  const timer = setInterval(() => {
    const order = `s${sent.length}`
    sent.push(order)
    from.send(to, [{ type: 'unwatch', order }])
  }, 20)
  return { sent, stop: () => clearInterval(timer) }
}

/** What came is in order, each once; and whole, unless a gap was told. */
function expectHonest(sent: readonly string[], inbox: TestInbox): void {
  const indexes = inbox.orders().map((order) => sent.indexOf(order))
  expect(indexes).toEqual([...new Set(indexes)].sort((x, y) => x - y))
  if (inbox.gaps.length === 0) expect(inbox.orders()).toEqual([...sent])
}

/** Long enough for a wrong death to be told: a lease, the steady time and two readings. */
async function passTime(ms: number): Promise<void> {
  const untilMs = performance.now() + ms
  await until(() => performance.now() > untilMs, 'time to pass', ms + 5_000)
}

test('Redis restarts empty: told once, all flows again, nobody is called dead, claims are back', async () => {
  const { a, b, atA, atB, nodeA } = pair()
  await a.claim(7)
  const flow = stream(a, b.self)
  await until(() => atB.orders().length > 10)
  await server.kill()
  await until(() => flow.sent.length > 80)
  await server.restart()
  await until(() => atA.emptyings > 0 && atB.emptyings > 0, 'the loss', 10_000)
  const before = atB.orders().length
  await until(() => atB.orders().length > before + 20, 'mail after it')
  expect(await b.ownerOf(7)).toBe(a.self)
  flow.stop()
  const last = flow.sent.at(-1) as string
  await until(() => atB.orders().includes(last), 'the last message')
  expectHonest(flow.sent, atB)
  await passTime(7_000)
  expect([atA.emptyings, atB.emptyings]).toEqual([1, 1])
  expect([...atA.dead, ...atB.dead]).toEqual([])
  // One outage, one line: not one a try.
  expect(nodeA.errors.length).toBe(1)
  expect(nodeA.metrics.value('zlt_redis_outages_total')).toBe(1)
}, 40_000)

test('Redis is frozen for 10 s: nobody is called dead, all arrives within about a second, nothing waits for ever', async () => {
  const { a, b, atA, atB, nodeA } = pair()
  const flow = stream(a, b.self)
  await until(() => atB.orders().length > 10)
  server.pause()
  await passTime(10_000)
  const outcome = await Promise.race([a.ownerOf(3).catch((error: Error) => error), Bun.sleep(2_000)])
  expect(outcome).toBeInstanceOf(Error)
  const soFar = flow.sent.length
  server.resume()
  await until(() => atB.gaps.length > 0 || atB.orders().length >= soFar, 'what was sent meanwhile', 3_000)
  flow.stop()
  const last = flow.sent.at(-1) as string
  await until(() => atB.orders().includes(last), 'the last message')
  expectHonest(flow.sent, atB)
  await until(() => atA.emptyings > 0 && atB.emptyings > 0, 'the lapse of the leases', 10_000)
  await passTime(7_000)
  expect([atA.emptyings, atB.emptyings]).toEqual([1, 1])
  expect([...atA.dead, ...atB.dead]).toEqual([])
  expect(nodeA.errors.length).toBe(1)
}, 60_000)

test('Redis cuts every connection, again and again: all arrives in order, nobody is dead, nothing is lost', async () => {
  const { a, b, atA, atB } = pair()
  const admin = new Redis(server.url)
  const flow = stream(a, b.self)
  await until(() => atB.orders().length > 10)
  for (let i = 0; i < 5; i++) {
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    const before = flow.sent.length
    await until(() => flow.sent.length > before + 30)
  }
  flow.stop()
  admin.disconnect()
  const last = flow.sent.at(-1) as string
  await until(() => atB.orders().includes(last), 'the last message')
  expectHonest(flow.sent, atB)
  await passTime(6_000)
  expect([atA.emptyings, atB.emptyings]).toEqual([0, 0])
  expect([...atA.dead, ...atB.dead]).toEqual([])
}, 40_000)

test('a node that starts while Redis is down opens, serves itself, and takes part once Redis is there', async () => {
  const { a } = pair()
  await server.kill()
  const late = { node: openNode({ redis: server.url }), inbox: new TestInbox() }
  nodes.push(late)
  const { mail } = late.node
  await mail.open(late.inbox)
  expect((await mail.health()).ok).toBe(false)
  mail.send(mail.self, [{ type: 'unwatch', order: 'own' }])
  await until(() => late.inbox.orders().includes('own'))
  await server.restart()
  await until(async () => (await mail.health()).ok, 'health')
  await until(async () => (await a.nodes().catch((): string[] => [])).includes(mail.self), 'the others to see it')
  a.send(mail.self, [{ type: 'unwatch', order: 'hello' }])
  await until(() => late.inbox.orders().includes('hello') || late.inbox.gaps.includes(a.self))
  expect(late.inbox.emptyings).toBe(0)
  expect(late.node.errors.length).toBe(1)
}, 40_000)

test('a killed node is dead to both others within 3 to 5 s, once', async () => {
  const { a, atA, atB } = pair()
  const child = await startChildNode(server.url)
  try {
    await until(async () => (await a.nodes()).includes(child.self))
    await passTime(6_000)
    child.signal('SIGKILL')
    const killedMs = performance.now()
    await until(() => atA.dead.length > 0 && atB.dead.length > 0, 'its death')
    expect(performance.now() - killedMs).toBeWithin(2_500, 5_500)
    await passTime(3_000)
    expect([atA.dead, atB.dead]).toEqual([[child.self], [child.self]])
  } finally {
    await child.end()
  }
}, 40_000)

test('a node that slept is dead to the others, calls nobody dead, announces anew, and what it missed is a gap', async () => {
  const { a, b, atA } = pair()
  const child = await startChildNode(server.url)
  try {
    child.command({ send: a.self, orders: ['before'] })
    a.send(child.self, [{ type: 'unwatch', order: 'hello' }])
    await until(() => atA.orders().includes('before') && child.all('order').includes('hello'))
    await passTime(5_000)
    child.signal('SIGSTOP')
    await until(() => atA.dead.includes(child.self), 'its death')
    // Many more than its inbox keeps.
    for (let i = 0; i < 1_500; i++) {
      b.send(child.self, [{ type: 'unwatch', order: `m${i}` }])
      await new Promise((resolve) => setImmediate(resolve))
    }
    child.signal('SIGCONT')
    const wokenMs = performance.now()
    await until(() => child.all('emptied').length > 0, 'its announcement')
    expect(performance.now() - wokenMs).toBeLessThan(4_000)
    child.command({ send: a.self, orders: ['after'] })
    await until(() => atA.orders().includes('after'), 'mail from it')
    b.send(child.self, [{ type: 'unwatch', order: 'last' }])
    await until(() => child.all('order').includes('last'), 'mail to it')
    const came = child.all('order').filter((order) => String(order).startsWith('m')).length
    expect(child.all('gap').includes(b.self) || came === 1_500).toBe(true)
    expect(atA.gaps).toContain(child.self)
    await passTime(6_000)
    // Of those that died before it started it may tell.
    for (const living of [a.self, b.self]) expect(child.all('expired')).not.toContain(living)
    // It must not claim at once: it may have lost all it owned.
    expect(child.all('emptied')).toEqual([true])
    expect(atA.dead.filter((node) => node === child.self).length).toBe(1)
    expect(await a.nodes()).toContain(child.self)
  } finally {
    await child.end()
  }
}, 60_000)
