/** What `publish` and `tail` promise. */

import { expect } from 'bun:test'
import type { FactTopic, Log } from '../../src/ports/log.ts'
import { until } from '../support/until.ts'
import type { LogCase } from './log-case.ts'
import { fresh, numbered } from './recorder.ts'

const ORDERS: FactTopic = 'delivery.order.v1'
const ACCESS: FactTopic = 'delivery.access.v1'

/** All that a tail was told of keys that begin with `prefix`. */
async function tailOf(log: Log, topic: FactTopic, prefix: string) {
  const told: [key: string, value: string | null][] = []
  const tail = await log.tail(topic, (key, value) => {
    if (key.startsWith(prefix)) told.push([key, value])
  })
  const newest = () => new Map(told)
  return { told, tail, newest }
}

export const FACT_CASES: readonly LogCase[] = [
  {
    name: 'a tail has the newest value of every key when it resolves',
    async run({ log }) {
      const prefix = fresh('fact')
      const keys = numbered(300, `${prefix}.`)
      for (const round of ['old', 'new']) for (const key of keys) await log.publish(ORDERS, key, `${round} ${key}`)
      const { newest } = await tailOf(log, ORDERS, prefix)
      expect([...newest()].sort()).toEqual(keys.map((key) => [key, `new ${key}`] as [string, string]).sort())
    },
  },
  {
    name: 'a tail goes on with each change in the order published',
    async run({ log, deadlineMs }) {
      const prefix = fresh('fact')
      await log.publish(ORDERS, `${prefix}.a`, '0')
      const { told } = await tailOf(log, ORDERS, prefix)
      const changes: [string, string | null][] = [
        [`${prefix}.b`, '1'],
        [`${prefix}.a`, '2'],
        [`${prefix}.b`, null],
        [`${prefix}.a`, '3'],
        [`${prefix}.b`, '4'],
      ]
      for (const [key, value] of changes) await log.publish(ORDERS, key, value)
      await until(() => told.length >= 6, 'all changes', deadlineMs)
      expect(told).toEqual([[`${prefix}.a`, '0'], ...changes])
    },
  },
  {
    name: 'null removes a key, for tails that are there and for later ones',
    async run({ log, reopen, deadlineMs }) {
      const prefix = fresh('fact')
      await log.publish(ACCESS, `${prefix}.gone`, 'x')
      await log.publish(ACCESS, `${prefix}.stays`, 'x')
      const live = await tailOf(log, ACCESS, prefix)
      await log.publish(ACCESS, `${prefix}.gone`, null)
      await log.publish(ACCESS, `${prefix}.never`, null)
      await until(() => live.newest().get(`${prefix}.gone`) === null, 'the null', deadlineMs)
      for (const open of [() => log, reopen]) {
        const { newest } = await tailOf(await open(), ACCESS, prefix)
        expect(newest().get(`${prefix}.gone`) ?? null).toBeNull()
        expect(newest().get(`${prefix}.stays`)).toBe('x')
      }
    },
  },
  {
    name: 'facts survive a restart',
    async run({ log, reopen }) {
      const prefix = fresh('fact')
      for (const value of ['1', '2', '3']) await log.publish(ORDERS, `${prefix}.a`, value)
      const { newest } = await tailOf(await reopen(), ORDERS, prefix)
      expect(newest().get(`${prefix}.a`)).toBe('3')
    },
  },
  {
    name: 'the topics are apart',
    async run({ log, deadlineMs }) {
      const prefix = fresh('fact')
      await log.publish(ORDERS, prefix, 'order')
      const orders = await tailOf(log, ORDERS, prefix)
      const access = await tailOf(log, ACCESS, prefix)
      await log.publish(ACCESS, prefix, 'access')
      await until(() => access.told.length > 0, 'the fact', deadlineMs)
      expect(orders.told).toEqual([[prefix, 'order']])
      expect(access.told).toEqual([[prefix, 'access']])
    },
  },
  {
    name: 'facts come back as given',
    async run({ log, reopen, deadlineMs }) {
      const prefix = fresh('fact Zürich 🛵 "')
      const values = ['', '{"a":1}', 'Ελλάδα 🛵 \u0000 \u2028 \\ \' "', 'x'.repeat(100_000)]
      const live = await tailOf(log, ORDERS, prefix)
      const expected = new Map(values.map((value, i) => [`${prefix}${i}`, value]))
      for (const [key, value] of expected) await log.publish(ORDERS, key, value)
      await until(() => live.told.length >= values.length, 'the facts', deadlineMs)
      expect(live.newest()).toEqual(expected)
      expect((await tailOf(await reopen(), ORDERS, prefix)).newest()).toEqual(expected)
    },
  },
  {
    name: 'a closed tail hears nothing more, others go on',
    async run({ log, deadlineMs }) {
      const prefix = fresh('fact')
      const [one, two] = [await tailOf(log, ORDERS, prefix), await tailOf(log, ORDERS, prefix)]
      await one.tail.close()
      await log.publish(ORDERS, prefix, 'x')
      await until(() => two.told.length === 1, 'the fact', deadlineMs)
      expect(one.told).toEqual([])
    },
  },
  {
    name: 'a tail that throws keeps nothing from others, nor from itself later',
    async run({ log, deadlineMs }) {
      const prefix = fresh('fact')
      let heard = 0
      const failing = (key: string) => {
        if (!key.startsWith(prefix)) return
        heard++
        throw new Error('on purpose')
      }
      await log.publish(ORDERS, `${prefix}.a`, '1')
      await log.tail(ORDERS, failing)
      const other = await tailOf(log, ORDERS, prefix)
      await log.publish(ORDERS, `${prefix}.b`, '2')
      await log.publish(ORDERS, `${prefix}.c`, '3')
      await until(() => other.told.length === 3 && heard === 3, 'all facts on both', deadlineMs)
    },
  },
  {
    name: 'who publishes while being told overtakes nobody',
    async run({ log, deadlineMs }) {
      const prefix = fresh('fact')
      const published: Promise<void>[] = []
      await log.tail(ORDERS, (key, value) => {
        if (key === prefix && value === '1') published.push(log.publish(ORDERS, prefix, '2'))
      })
      const other = await tailOf(log, ORDERS, prefix)
      await log.publish(ORDERS, prefix, '1')
      await until(() => other.told.length === 2, 'both', deadlineMs)
      await Promise.all(published)
      expect(other.told.map(([, value]) => value)).toEqual(['1', '2'])
    },
  },
  {
    name: 'tails that have been told everything are not behind',
    async run({ log, deadlineMs }) {
      const prefix = fresh('fact')
      await log.publish(ORDERS, `${prefix}.a`, '1')
      const orders = await tailOf(log, ORDERS, prefix)
      const access = await tailOf(log, ACCESS, prefix)
      expect(log.factsBehindMs()).toBe(0)
      await log.publish(ORDERS, `${prefix}.b`, '2')
      await log.publish(ACCESS, `${prefix}.b`, '2')
      await until(() => orders.told.length === 2 && access.told.length === 1, 'all facts', deadlineMs)
      expect(log.factsBehindMs()).toBe(0)
      await Promise.all([orders.tail.close(), access.tail.close()])
      await log.publish(ORDERS, `${prefix}.c`, '3')
      expect(log.factsBehindMs()).toBe(0)
    },
  },
]
