/** What `append` promises. */

import { expect } from 'bun:test'
import { ZltError } from '../../src/errors.ts'
import type { LogCase } from './log-case.ts'
import { entry, follow, fresh, numbered } from './recorder.ts'

/** Texts that careless storage changes. The lone NUL and the line separators are legal in JSON and in SQLite. */
const TEXTS = [
  '',
  '{"lat":12.97,"lng":77.59}',
  'Zürich, 東京, Ελλάδα, 🛵👩‍🍳',
  'composed \u00e9, decomposed e\u0301',
  'quotes \' " ` \\ %s ? $1 :name',
  'lines \r\n \u2028 \u2029 \t end',
  'nul \u0000 in between',
  '\ufeffwith a byte order mark',
  'x'.repeat(100_000),
]

export const APPEND_CASES: readonly LogCase[] = [
  {
    name: 'appends of one key keep their order',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const values = numbered(300)
      await Promise.all(values.map((value) => log.append([entry(key, value)])))
      const { recorder } = await follow(log)
      expect(await recorder.waitFor(key, values.length, deadlineMs)).toEqual(values)
    },
  },
  {
    name: 'offsets are whole, not negative, and rise within a partition',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      for (const value of numbered(5)) await log.append([entry(key, value), entry(key, `${value}b`)])
      const { recorder } = await follow(log)
      await recorder.waitFor(key, 10, deadlineMs)
      const offsets = recorder.recordsOf(key).map(({ at }) => at)
      expect(offsets.every((at) => Number.isSafeInteger(at) && at >= 0)).toBe(true)
      expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b))
    },
  },
  {
    name: 'the entries of one call are not parted by another call with the same key',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const calls = numbered(20, 'call')
      await Promise.all(calls.map((call) => log.append(numbered(30, `${call}.`).map((value) => entry(key, value)))))
      const { recorder } = await follow(log)
      const values = await recorder.waitFor(key, 600, deadlineMs)
      expect(values).toEqual(calls.flatMap((call) => numbered(30, `${call}.`)))
    },
  },
  {
    name: 'what is acknowledged is found after a restart',
    async run({ log, reopen, deadlineMs }) {
      const key = fresh('order')
      const values = numbered(50)
      await Promise.all(values.map((value) => log.append([entry(key, value)])))
      const { recorder } = await follow(await reopen())
      expect(await recorder.waitFor(key, values.length, deadlineMs)).toEqual(values)
    },
  },
  {
    name: 'offsets go on rising after a restart',
    async run({ log, reopen, deadlineMs }) {
      const key = fresh('order')
      await log.append([entry(key, 'before')])
      const again = await reopen()
      await again.append([entry(key, 'after')])
      const { recorder } = await follow(again)
      expect(await recorder.waitFor(key, 2, deadlineMs)).toEqual(['before', 'after'])
      const [before, after] = recorder.recordsOf(key)
      expect(after?.at).toBeGreaterThan(before?.at ?? Number.POSITIVE_INFINITY)
    },
  },
  {
    name: 'keys and values come back as given',
    async run({ log, reopen, deadlineMs }) {
      const key = fresh('Zürich 🛵 "key"')
      const live = await follow(log)
      await log.append(TEXTS.map((text) => entry(key, text)))
      expect(await live.recorder.waitFor(key, TEXTS.length, deadlineMs)).toEqual(TEXTS)
      const { recorder } = await follow(await reopen())
      expect(await recorder.waitFor(key, TEXTS.length, deadlineMs)).toEqual(TEXTS)
    },
  },
  {
    name: 'headers come back as given, each record its own',
    async run({ log, reopen, deadlineMs }) {
      const key = fresh('order')
      const headers = [{ zlt: '1' }, {}, { zlt: '1', from: 'Zürich "🛵"' }, { empty: '' }, { zlt: '1' }]
      await log.append(headers.map((own) => ({ key, value: 'x', headers: own })))
      const { recorder } = await follow(await reopen())
      await recorder.waitFor(key, headers.length, deadlineMs)
      expect(recorder.recordsOf(key).map((record) => record.headers)).toEqual(headers)
    },
  },
  {
    name: 'a record tells when it was appended',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const beforeMs = Date.now()
      await log.append([entry(key, 'x')])
      const { recorder } = await follow(log)
      await recorder.waitFor(key, 1, deadlineMs)
      const appendedMs = recorder.recordsOf(key)[0]?.appendedMs ?? 0
      // Another machine's clock may be a little off.
      expect(Math.abs(appendedMs - beforeMs)).toBeLessThan(10_000)
    },
  },
  {
    name: 'an empty append resolves and stores nothing',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      await log.append([])
      await log.append([entry(key, 'x')])
      const { recorder } = await follow(log)
      expect(await recorder.waitFor(key, 1, deadlineMs)).toEqual(['x'])
      expect(recorder.records.filter(({ record }) => record.value === null)).toEqual([])
    },
  },
  {
    name: 'a key has one partition for ever, and its records are there',
    async run({ log, reopen, deadlineMs }) {
      const keys = numbered(50, fresh('order'))
      const partitions = keys.map((key) => log.partitionOf(key))
      expect(partitions.every((p) => Number.isInteger(p) && p >= 0 && p < log.partitions)).toBe(true)
      await log.append(keys.map((key) => entry(key, 'x')))
      const again = await reopen()
      expect(keys.map((key) => again.partitionOf(key))).toEqual(partitions)
      const { recorder } = await follow(again)
      for (const key of keys) await recorder.waitFor(key, 1, deadlineMs)
      const found = new Map(recorder.records.map(({ partition, record }) => [record.key, partition]))
      expect(keys.map((key) => found.get(key))).toEqual(partitions)
    },
  },
  {
    name: 'an append to a closed log rejects in our words',
    async run({ log }) {
      await log.append([entry(fresh('order'), 'x')])
      await log.close()
      const failure = await log.append([entry(fresh('order'), 'y')]).then(
        () => undefined,
        (error) => error,
      )
      expect(failure).toBeInstanceOf(ZltError)
      expect((failure as ZltError).code).toBe('log_unavailable')
    },
  },
  {
    name: 'health is good while appends are acknowledged, and not once closed',
    async run({ log }) {
      await log.append([entry(fresh('order'), 'x')])
      expect(await log.health()).toEqual({ ok: true })
      await log.close()
      expect((await log.health()).ok).toBe(false)
    },
  },
  {
    name: 'a clean restart loses no end',
    async run({ log, reopen }) {
      expect(log.mayHaveRewound()).toBe(false)
      await log.append([entry(fresh('order'), 'x')])
      expect((await reopen()).mayHaveRewound()).toBe(false)
    },
  },
]
