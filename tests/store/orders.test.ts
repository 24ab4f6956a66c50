import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  assignOrder,
  createOrder,
  moveOrder,
  type Order,
  parseOrderFact,
  STUB_UNTIL_MS,
} from '../../src/domain/order.ts'
import type { Database, Tx } from '../../src/store/database.ts'
import { claimKey, dropAnswersOf, IDEMPOTENCY_MS, keepAnswer, purgeKeys } from '../../src/store/idempotency.ts'
import {
  entombOrder,
  factOf,
  findOrder,
  insertOrder,
  listOrders,
  ordersInHandOf,
  updateOrder,
} from '../../src/store/orders.ts'
import { ageFacts, markPublished, publishedRev, unpublishedRows } from '../../src/store/outbox.ts'
import { DATABASES } from '../support/databases.ts'

const NOW = 1_760_000_000_000
const MINUTE = 60_000
const legal = (order: Order | 'illegal'): Order => {
  if (order === 'illegal') throw new Error('illegal')
  return order
}

for (const { name, open } of DATABASES) {
  describe(`orders on ${name}`, () => {
    let database: Database
    let close: () => Promise<void>
    beforeAll(async () => {
      ;({ database, close } = await open())
    })
    afterAll(() => close())
    const write = <T>(work: (tx: Tx) => Promise<T>) => database.write(work)
    const pending = async (id: string) =>
      (await database.read((tx) => unpublishedRows(tx, 1000))).find((r) => r.id === id)

    test('a row gives back the order it was given, and says what to publish until that is noted', async () => {
      const order = createOrder('o1', { drop: { lat: 1.5, lng: -2, name: 'Ufer' }, customer_id: 'c1' }, NOW)
      expect(await write((tx) => insertOrder(tx, order, NOW))).toBe('inserted')
      expect(await write((tx) => insertOrder(tx, order, NOW))).toBe('taken')
      expect(await database.read((tx) => findOrder(tx, 'o1'))).toEqual(order)

      const row = await pending('o1')
      expect(row && parseOrderFact(factOf(row) ?? '')).toEqual(order)
      await write((tx) => markPublished(tx, new Map([['o1', order.rev]])))
      expect(await pending('o1')).toBeUndefined()
      expect(await database.read((tx) => publishedRev(tx, 'o1'))).toBe(order.rev)
    })

    test('a late note of an older publication does not undo a newer one', async () => {
      const order = createOrder('late', {}, NOW)
      await write((tx) => insertOrder(tx, order, NOW))
      await write((tx) => updateOrder(tx, { ...order, rev: NOW + 5 }))
      await write((tx) => markPublished(tx, new Map([['late', NOW]])))
      expect((await pending('late'))?.rev).toBe(NOW + 5)
      await write((tx) => markPublished(tx, new Map([['late', NOW + 5]])))
      await write((tx) => markPublished(tx, new Map([['late', NOW]])))
      expect(await database.read((tx) => publishedRev(tx, 'late'))).toBe(NOW + 5)
    })

    test('only what a rider has in hand counts for its plan', async () => {
      const created = createOrder('h1', {}, NOW)
      const assigned = legal(assignOrder(createOrder('h2', {}, NOW), 'rider', NOW))
      const picked = legal(moveOrder(legal(assignOrder(createOrder('h3', {}, NOW), 'rider', NOW)), 'picked_up', NOW))
      const ended = legal(moveOrder(legal(assignOrder(createOrder('h4', {}, NOW), 'rider', NOW)), 'cancelled', NOW))
      const other = legal(assignOrder(createOrder('h5', {}, NOW), 'other', NOW))
      for (const order of [created, assigned, picked, ended, other]) await write((tx) => insertOrder(tx, order, NOW))
      const inHand = await database.read((tx) => ordersInHandOf(tx, 'rider'))
      expect(inHand.map(({ id }) => id).sort()).toEqual(['h2', 'h3'])
    })

    test('a list is narrowed by every member of its filter, the newest first', async () => {
      for (const [id, atMs] of [
        ['l1', NOW + 1],
        ['l2', NOW + 2],
        ['l3', NOW + 3],
      ] as const) {
        await write((tx) => insertOrder(tx, createOrder(id, { customer_id: 'lister' }, NOW), atMs))
      }
      const list = (filter: Parameters<typeof listOrders>[1], after?: Parameters<typeof listOrders>[3]) =>
        database.read(async (tx) => (await listOrders(tx, filter, 10, after)).map(({ order }) => order.id))
      expect(await list({ customerId: 'lister' })).toEqual(['l3', 'l2', 'l1'])
      expect(await list({ customerId: 'lister' }, { created_at_ms: NOW + 2, id: 'l2' })).toEqual(['l1'])
      expect(await list({ customerId: 'lister', ids: ['l2', 'o1'] })).toEqual(['l2'])
      expect(await list({ customerId: 'lister', status: 'assigned' })).toEqual([])
      expect(await list({ partnerId: 'rider', status: 'picked_up' })).toEqual(['h3'])
    })

    test('a forgotten order is gone for readers at once, a stub once its null is published, and its row 25 h later', async () => {
      const order = createOrder('f1', { customer_id: 'secret-person' }, NOW)
      await write((tx) => insertOrder(tx, order, NOW))
      await write((tx) => entombOrder(tx, 'f1', NOW + 1))
      expect(await database.read((tx) => findOrder(tx, 'f1'))).toBeUndefined()
      const [left] = await database.read((tx) => tx`SELECT * FROM orders WHERE id = 'f1'`)
      expect(JSON.stringify(left)).not.toContain('secret-person')
      expect(await write((tx) => insertOrder(tx, order, NOW))).toBe('forgetting')

      const row = await pending('f1')
      expect(row && factOf(row)).toBeNull()
      await write((tx) => markPublished(tx, new Map([['f1', NOW]])))
      expect(await pending('f1')).toBeDefined()
      await write((tx) => markPublished(tx, new Map([['f1', NOW + 1]])))
      const stub = await pending('f1')
      expect(stub && JSON.parse(factOf(stub) ?? '')).toMatchObject({ id: 'f1', rev: NOW + 2, gone: true })
      await write((tx) => markPublished(tx, new Map([['f1', NOW + 2]])))

      const agedMs = NOW + 1 + STUB_UNTIL_MS
      expect(await write((tx) => ageFacts(tx, 'removed', agedMs - 1, 10))).toBe(0)
      expect(await write((tx) => ageFacts(tx, 'removed', agedMs, 10))).toBe(1)
      const last = await pending('f1')
      expect(last && factOf(last)).toBeNull()
      await write((tx) => markPublished(tx, new Map([['f1', last?.rev ?? 0]])))
      expect(await database.read((tx) => publishedRev(tx, 'f1'))).toBeUndefined()
    })

    test('the id of a forgotten order may be used again above its stub', async () => {
      const order = createOrder('f2', { customer_id: 'c1' }, NOW)
      await write((tx) => insertOrder(tx, order, NOW))
      await write((tx) => entombOrder(tx, 'f2', NOW + 50))
      await write((tx) => markPublished(tx, new Map([['f2', NOW + 50]])))
      expect(await write((tx) => insertOrder(tx, order, NOW))).toBe('inserted')
      expect(await database.read((tx) => findOrder(tx, 'f2'))).toMatchObject({ customer_id: 'c1', rev: NOW + 52 })
      expect(await write((tx) => insertOrder(tx, order, NOW))).toBe('taken')
    })

    test('an ended order says a stub after 30 min and null after 25 h, and can still be read', async () => {
      const order = legal(moveOrder(createOrder('e1', { customer_id: 'c9' }, NOW), 'cancelled', NOW))
      await write((tx) => insertOrder(tx, order, NOW))
      await write((tx) => updateOrder(tx, order))
      const age = (nowMs: number) =>
        write(async (tx) => {
          await ageFacts(tx, 'removed', nowMs, 100)
          await ageFacts(tx, 'stub', nowMs, 100)
        })
      await age(NOW + 30 * MINUTE - 1)
      expect((await pending('e1'))?.fact).toBe('live')
      await age(NOW + 30 * MINUTE)
      const stub = await pending('e1')
      const fact = parseOrderFact((stub && factOf(stub)) ?? '')
      expect(fact).toMatchObject({ id: 'e1', gone: true, rev: NOW + 30 * MINUTE, timeline: [] })
      expect(JSON.stringify(fact)).not.toContain('c9')
      await age(NOW + 25 * 60 * MINUTE)
      const gone = await pending('e1')
      expect(gone && factOf(gone)).toBeNull()
      expect(gone?.rev).toBe(NOW + 25 * 60 * MINUTE)
      await write((tx) => markPublished(tx, new Map([['e1', NOW + 25 * 60 * MINUTE]])))
      expect(await database.read((tx) => findOrder(tx, 'e1'))).toMatchObject({ status: 'cancelled', customer_id: 'c9' })
    })

    test('an idempotency key keeps its answer for 24 h, and not what was forgotten', async () => {
      const claim = (key: string, nowMs: number) => write((tx) => claimKey(tx, 'me', key, 'hash', nowMs))
      expect(await claim('k', NOW)).toBeUndefined()
      await write((tx) => keepAnswer(tx, 'me', 'k', 'o1', 'answer'))
      expect(await claim('k', NOW + IDEMPOTENCY_MS - 1)).toEqual({ requestHash: 'hash', answer: 'answer' })
      expect(await write((tx) => claimKey(tx, 'you', 'k', 'other', NOW))).toBeUndefined()
      await write((tx) => dropAnswersOf(tx, 'o1'))
      expect(await claim('k', NOW + 1)).toEqual({ requestHash: 'hash', answer: null })
      await write((tx) => purgeKeys(tx, NOW + IDEMPOTENCY_MS))
      expect(await claim('k', NOW + 1)).toBeUndefined()
      expect(await claim('k', NOW + 1 + IDEMPOTENCY_MS)).toBeUndefined()
    })
  })
}
