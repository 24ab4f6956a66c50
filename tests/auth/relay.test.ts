import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createOrder } from '../../src/auth/create-order.ts'
import { forgetOrder } from '../../src/auth/forget-order.ts'
import { moveOrder } from '../../src/auth/move-order.ts'
import { type Relay, startRelay } from '../../src/auth/relay.ts'
import type { Claims } from '../../src/domain/audience.ts'
import { AFTER_END_MS, type Order, STUB_UNTIL_MS } from '../../src/domain/order.ts'
import type { Database } from '../../src/store/database.ts'
import { factOf } from '../../src/store/orders.ts'
import { rowsAfter } from '../../src/store/outbox.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { openTestLog, type TestLog } from '../support/test-log.ts'
import { until } from '../support/until.ts'

const BACKEND: Claims = { sub: 'backend', role: 'INTERNAL_SERVICE', exp: 0 }
const TOPIC = 'delivery.order.v1'

let folder: ReturnType<typeof tempFolder>
let store: Database
let testLog: TestLog
let relay: Relay | undefined
let failures: unknown[]
let nowMs: number
const now = () => nowMs

beforeEach(async () => {
  folder = tempFolder()
  store = await openDatabase(folder.file('zlt.db'))
  testLog = openTestLog(folder.file('log.db'))
  failures = []
  nowMs = 1_760_000_000_000
})
afterEach(async () => {
  await relay?.close()
  relay = undefined
  await testLog.close()
  await store.close()
  folder.remove()
})

async function start(on: Database = store): Promise<Relay> {
  relay = await startRelay({ store: on, log: testLog.log, now, onError: (error) => failures.push(error) })
  return relay
}
const create = (id: string) => createOrder({ store, now }, BACKEND, { id, customer_id: 'c1' }, undefined)
const end = (id: string) => moveOrder({ store, now }, BACKEND, id, 'cancelled', undefined)
const forget = (id: string) => forgetOrder({ store, now }, BACKEND, id)
const fact = async (id: string): Promise<Order | undefined> => {
  const value = (await testLog.facts(TOPIC)).get(id)
  return value === undefined ? undefined : JSON.parse(value)
}
const orderSends = () => testLog.published.filter(({ topic }) => topic === TOPIC)

/** What the rows say the topic must hold. */
async function expectedFacts(): Promise<Map<string, string>> {
  const rows = await store.read((tx) => rowsAfter(tx, '', 1000))
  return new Map(rows.flatMap((row) => (factOf(row) === null ? [] : [[row.id, factOf(row) as string]])))
}

describe('while it runs', () => {
  test('it publishes whole values after a kick, and says so', async () => {
    const running = await start()
    const order = await create('o1')
    running.kick()
    expect(await running.published('o1', order.rev)).toBe(true)
    expect(await fact('o1')).toEqual(order)
    expect(await running.published('o1', order.rev)).toBe(true)
  })

  test('a publication that nobody was told of yet is waited for no longer than asked', async () => {
    const running = await start()
    const order = await create('o1')
    expect(await running.published('o1', order.rev, 20)).toBe(false)
  })

  test('the values of an order go out in the order of their revs, one send at a time', async () => {
    const running = await start()
    let sending = 0
    testLog.beforePublish = async () => {
      sending += 1
      expect(sending).toBe(1)
      await Bun.sleep(1)
      sending -= 1
    }
    await create('a')
    running.kick()
    await create('b')
    const ended = await end('a')
    running.kick()
    expect(await running.published('a', ended.rev)).toBe(true)
    await until(async () => (await fact('b')) !== undefined)
    const revs = orderSends().flatMap(({ key, value }) => (key === 'a' && value ? [JSON.parse(value).rev] : []))
    expect(revs).toEqual([...new Set(revs)].sort())
    expect(failures).toEqual([])
  })

  test('what the log does not take is told and tried again until it does', async () => {
    const running = await start()
    let refusals = 2
    testLog.beforePublish = () => {
      if (refusals-- > 0) throw new Error('the log is away')
    }
    const order = await create('o1')
    running.kick()
    expect(await running.published('o1', order.rev, 5_000)).toBe(true)
    expect(failures.map(String)).toEqual(['Error: the log is away', 'Error: the log is away'])
  })

  test('what is sent and could not be noted is not sent again', async () => {
    let refuse = false
    const failing: Database = {
      ...store,
      write: (work, options) =>
        refuse ? Promise.reject(new Error('the database is away')) : store.write(work, options),
    }
    const running = await start(failing)
    const order = await create('o1')
    refuse = true
    running.kick()
    expect(await running.published('o1', order.rev)).toBe(true)
    await until(() => failures.length > 0)
    refuse = false
    await until(
      async () => (await store.read((tx) => tx`SELECT id FROM orders WHERE rev > published_rev`)).length === 0,
    )
    expect(orderSends()).toHaveLength(1)
  })

  test('a forgotten order’s null is published, then a stub for 25 h, so that no token brings it to life again', async () => {
    const running = await start()
    await create('o1')
    const rev = await forget('o1')
    running.kick()
    expect(await running.published('o1', rev)).toBe(true)
    const sends = () => orderSends().filter(({ key }) => key === 'o1')
    await until(async () => (await fact('o1'))?.gone === true)
    expect(sends().at(-2)?.value).toBeNull()
    expect(await fact('o1')).not.toHaveProperty('customer_id')
    expect(await running.published('o1', rev)).toBe(true)
    nowMs += STUB_UNTIL_MS + 1_000
    await running.tick()
    await until(async () => (await store.read((tx) => tx`SELECT id FROM orders`)).length === 0)
    expect(await fact('o1')).toBeUndefined()
  })

  test('time turns an ended order to a stub and then to null; one that goes on stays', async () => {
    const running = await start()
    await create('going-on')
    await create('o1')
    await end('o1')
    nowMs += AFTER_END_MS - 1
    await running.tick()
    await until(async () => (await fact('o1'))?.status === 'cancelled')
    nowMs += 1
    await running.tick()
    await until(async () => (await fact('o1'))?.gone === true)
    expect(await fact('o1')).not.toHaveProperty('customer_id')
    nowMs += STUB_UNTIL_MS - AFTER_END_MS
    await running.tick()
    await until(async () => (await fact('o1')) === undefined)
    expect((await fact('going-on'))?.status).toBe('created')
  })

  test('who waits for a value is not told of an older one', async () => {
    const running = await start()
    await create('o1')
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let sends = 0
    testLog.beforePublish = () => gates[sends++]?.promise
    running.kick()
    await until(() => sends === 1)
    const ended = await end('o1')
    const waiting = running.published('o1', ended.rev, 5_000)
    running.kick()
    gates[0]?.resolve()
    await until(() => sends === 2)
    expect(await Promise.race([waiting, Bun.sleep(10)])).toBeUndefined()
    gates[1]?.resolve()
    expect(await waiting).toBe(true)
  })

  test('time drops what idempotency keys keep', async () => {
    const running = await start()
    await createOrder({ store, now }, BACKEND, { id: 'o1' }, 'key')
    const kept = async () => (await store.read((tx) => tx`SELECT answer FROM idempotency_keys`)).length
    await running.tick()
    expect(await kept()).toBe(1)
    nowMs += 24 * 3_600_000
    await running.tick()
    expect(await kept()).toBe(0)
  })

  test('closing lets nobody wait', async () => {
    const running = await start()
    testLog.beforePublish = () => {
      throw new Error('the log is away')
    }
    const order = await create('o1')
    running.kick()
    const waiting = running.published('o1', order.rev, 60_000)
    await until(() => failures.length > 0)
    await running.close()
    expect(await waiting).toBe(false)
  })
})

describe('when it starts', () => {
  test('what a crash kept from being published is published before it is ready', async () => {
    const order = await create('o1')
    await start()
    expect(await fact('o1')).toEqual(order)
  })

  test('what was published and not noted is not published again', async () => {
    const order = await create('o1')
    await testLog.log.publish(TOPIC, 'o1', JSON.stringify(order))
    await start()
    expect(orderSends()).toHaveLength(1)
    expect(await store.read((tx) => tx`SELECT id FROM orders WHERE rev > published_rev`)).toHaveLength(0)
  })

  test('a topic that was emptied is filled again, though all was noted as published', async () => {
    const order = await create('o1')
    await (await start()).close()
    await testLog.log.publish(TOPIC, 'o1', null)
    await start()
    expect(await fact('o1')).toEqual(order)
  })

  test('a database from an older copy overrules the topic: its values get revs above', async () => {
    const order = await create('o1')
    await (await start()).close()
    const newer = { ...order, rev: order.rev + 500, status: 'cancelled' }
    await testLog.log.publish(TOPIC, 'o1', JSON.stringify(newer))
    await testLog.log.publish(TOPIC, 'made-since', JSON.stringify({ ...newer, id: 'made-since' }))
    const table = new OrderTable()
    await testLog.log.tail(TOPIC, (id, value) => table.apply(id, value))
    await start()
    expect(table.get('o1')).toEqual({ ...order, rev: newer.rev + 1 })
    expect(table.get('made-since')).toBeUndefined()
  })

  test('a value in the topic that nobody can read is replaced', async () => {
    const order = await create('o1')
    await (await start()).close()
    await testLog.log.publish(TOPIC, 'o1', '{"torn')
    await start()
    expect(await fact('o1')).toEqual(order)
  })

  test('what ended while it was down is a stub, or gone, at once', async () => {
    await create('long-ago')
    await end('long-ago')
    nowMs += STUB_UNTIL_MS
    await create('lately')
    await end('lately')
    await (await start()).close()
    expect(await fact('long-ago')).toBeUndefined()
    nowMs += AFTER_END_MS
    await start()
    expect(await fact('lately')).toMatchObject({ gone: true })
  })

  test('it fails when the log does not take what is due, and the next start makes it good', async () => {
    const order = await create('o1')
    testLog.beforePublish = () => {
      throw new Error('the log is away')
    }
    await expect(start()).rejects.toThrow('the log is away')
    testLog.beforePublish = () => {}
    await start()
    expect(await fact('o1')).toEqual(order)
  })

  test('more orders than a page are all compared', async () => {
    await store.write(async (tx) => {
      const [{ id: _, ...row }] = await (async () => {
        await tx`INSERT INTO orders (id, rev, published_rev, fact, status, created_at_ms, doc)
          VALUES ('p', 5, 5, 'live', 'created', 1, ${JSON.stringify({ id: 'p', rev: 5, status: 'created', timeline: [], assignment: 0 })})`
        return tx`SELECT * FROM orders`
      })()
      for (let n = 0; n < 1100; n++) {
        await tx`INSERT INTO orders ${tx({ id: `p${n}`, ...row, doc: row.doc.replace('"p"', `"p${n}"`) })}`
      }
    })
    await start()
    expect((await testLog.facts(TOPIC)).size).toBe(1101)
  })
})

describe('the epoch', () => {
  const epoch = async () => Number((await testLog.facts('delivery.access.v1')).get('epoch'))

  test('is minted once', async () => {
    await (await start()).close()
    expect(await epoch()).toBe(nowMs)
    nowMs += 1_000
    await start()
    expect(await epoch()).toBe(nowMs - 1_000)
  })

  test('rises when the log may have rewound, whatever the clock says', async () => {
    await (await start()).close()
    testLog.rewound = true
    nowMs -= 60_000
    await start()
    expect(await epoch()).toBe(nowMs + 60_001)
  })
})

test('whatever fails and whenever it stops, in the end every table has what the rows say, and no rev ever fell', async () => {
  const id = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('create' as const, 'end' as const, 'forget' as const), id }),
    fc.record({ kind: fc.constantFrom('restart' as const, 'fail' as const, 'age' as const), id }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const table = new OrderTable()
      const seenRevs = new Map<string, number>()
      const tail = await testLog.log.tail(TOPIC, (key, value) => {
        const rev = value === null ? 0 : JSON.parse(value).rev
        expect(rev === 0 || rev >= (seenRevs.get(key) ?? 0)).toBe(true)
        seenRevs.set(key, rev)
        table.apply(key, value)
      })
      let running = await start()
      let failNext = false
      testLog.beforePublish = () => {
        if (!failNext) return
        failNext = false
        throw new Error('the log is away')
      }
      for (const { kind, id } of steps) {
        nowMs += 1
        if (kind === 'create') await create(id).catch(() => {})
        if (kind === 'end') await end(id).catch(() => {})
        if (kind === 'forget') await forget(id).catch(() => {})
        if (kind === 'fail') failNext = true
        if (kind === 'age') nowMs += AFTER_END_MS
        if (kind === 'restart') {
          failNext = false
          await running.close()
          running = await start()
        } else {
          running.kick()
        }
      }
      failNext = false
      await running.close()
      running = await start()
      expect(await testLog.facts(TOPIC)).toEqual(await expectedFacts())
      const inTable = new Map([...table.all()].map((order) => [order.id, JSON.stringify(order)]))
      expect(inTable).toEqual(await expectedFacts())
      await running.close()
      await tail.close()
    }),
    { numRuns: 60 },
  )
}, 60_000)
