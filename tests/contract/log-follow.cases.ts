/** What `follow` and `commit` promise. */

import { expect } from 'bun:test'
import type { StoredRecord } from '../../src/ports/log.ts'
import { until } from '../support/until.ts'
import type { LogCase } from './log-case.ts'
import { entry, follow, fresh, numbered, Recorder } from './recorder.ts'

export const FOLLOW_CASES: readonly LogCase[] = [
  {
    name: 'a group goes on after its last commit, and gets again what it did not commit',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      await log.append(numbered(6).map((value) => entry(key, value)))
      const first = await follow(log)
      await first.recorder.waitFor(key, 6, deadlineMs)
      const third = first.recorder.recordsOf(key)[2] as StoredRecord
      await first.following.commit(log.partitionOf(key), third.at)
      await first.following.close()
      const second = await follow(log, {}, first.group)
      await log.append([entry(key, 'new')])
      await until(() => second.recorder.valuesOf(key).includes('new'), 'the new record', deadlineMs)
      expect(second.recorder.valuesOf(key)).toEqual(['3', '4', '5', 'new'])
    },
  },
  {
    name: 'commits survive a restart',
    async run({ log, reopen, deadlineMs }) {
      const key = fresh('order')
      await log.append(numbered(4).map((value) => entry(key, value)))
      const { recorder, following, group } = await follow(log)
      await recorder.waitFor(key, 4, deadlineMs)
      await following.commit(log.partitionOf(key), recorder.recordsOf(key)[1]?.at ?? -1)
      const again = await follow(await reopen(), {}, group)
      expect(await again.recorder.waitFor(key, 2, deadlineMs)).toEqual(['2', '3'])
    },
  },
  {
    name: 'a lower commit is ignored',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      await log.append(numbered(4).map((value) => entry(key, value)))
      const first = await follow(log)
      await first.recorder.waitFor(key, 4, deadlineMs)
      const [, second, , fourth] = first.recorder.recordsOf(key)
      await first.following.commit(log.partitionOf(key), fourth?.at ?? -1)
      await first.following.commit(log.partitionOf(key), second?.at ?? -1)
      await first.following.commit(log.partitionOf(key), -1)
      await first.following.close()
      const again = await follow(log, {}, first.group)
      await log.append([entry(key, 'new')])
      expect((await again.recorder.waitFor(key, 1, deadlineMs))[0]).toBe('new')
    },
  },
  {
    name: 'a commit made while the partition is revoked counts, one made later does not',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const partition = log.partitionOf(key)
      await log.append(numbered(4).map((value) => entry(key, value)))
      const recorder: Recorder = new Recorder({
        async onRevoked(revoked) {
          if (revoked === partition) await following.commit(partition, recorder.recordsOf(key)[1]?.at ?? -1)
        },
      })
      const group = fresh('group')
      const following = await log.follow(group, recorder)
      await recorder.waitFor(key, 4, deadlineMs)
      await following.close()
      await following.commit(partition, recorder.recordsOf(key)[3]?.at ?? -1).catch(() => {})
      const again = await follow(log, {}, group)
      expect((await again.recorder.waitFor(key, 2, deadlineMs)).slice(0, 2)).toEqual(['2', '3'])
    },
  },
  {
    name: 'everything comes at least once and in order, also what is appended while a batch runs',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const values = numbered(2_500)
      await log.append(values.slice(0, 1_200).map((value) => entry(key, value)))
      const { recorder } = await follow(log)
      for (let i = 1_200; i < values.length; i += 26) {
        await log.append(values.slice(i, i + 26).map((value) => entry(key, value)))
      }
      await until(() => recorder.valuesOf(key).includes('2499'), 'the last record', deadlineMs)
      expect([...new Set(recorder.valuesOf(key))]).toEqual(values)
      const offsets = recorder.recordsOf(key).map(({ at }) => at)
      expect([...new Set(offsets)]).toEqual([...new Set(offsets)].sort((a, b) => a - b))
    },
  },
  {
    name: 'an append made while the follower goes idle is not forgotten',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      let hops = 0
      const appendAfter = async (microtasks: number) => {
        for (let i = 0; i < microtasks; i++) await null
        await log.append(numbered(100, `${microtasks}.`).map((value) => entry(key, value)))
      }
      const appends: Promise<void>[] = []
      const { recorder } = await follow(log, {
        onBatch() {
          if (hops < 12) appends.push(appendAfter(hops++))
        },
      })
      await log.append([entry(key, 'start')])
      await recorder.waitFor(key, 1 + 12 * 100, deadlineMs)
      await Promise.all(appends)
    },
  },
  {
    name: 'batches of one partition never overlap, and none comes before it is assigned',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const { recorder } = await follow(log, { onBatch: () => new Promise((resolve) => setTimeout(resolve, 10)) })
      for (const value of numbered(30)) await log.append([entry(key, value)])
      await recorder.waitFor(key, 30, deadlineMs)
      expect(recorder.faults).toEqual([])
    },
  },
  {
    name: 'closing waits for the batch under way, then revokes, and no batch follows',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const gate = Promise.withResolvers<void>()
      let ended = false
      const { recorder, following } = await follow(log, {
        async onBatch(_partition, records) {
          if (!records.some((record) => record.key === key)) return
          await gate.promise
          ended = true
        },
      })
      const witness = await follow(log)
      await log.append([entry(key, 'held')])
      await recorder.waitFor(key, 1, deadlineMs)
      const closed = following.close().then(() => ended)
      await log.append([entry(key, 'later')])
      await witness.recorder.waitFor(key, 2, deadlineMs)
      expect(recorder.owned.has(log.partitionOf(key))).toBe(true)
      gate.resolve()
      expect(await closed).toBe(true)
      await log.append([entry(key, 'last')])
      await witness.recorder.waitFor(key, 3, deadlineMs)
      expect(recorder.valuesOf(key)).toEqual(['held'])
      expect([...recorder.owned]).toEqual([])
      expect(recorder.faults).toEqual([])
    },
  },
  {
    name: 'a batch that rejects stops nobody',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const failing = await follow(log, {
        onBatch() {
          throw new Error('on purpose')
        },
      })
      const witness = await follow(log)
      await log.append([entry(key, 'first')])
      await failing.recorder.waitFor(key, 1, deadlineMs)
      await log.append([entry(key, 'second')])
      await until(() => failing.recorder.valuesOf(key).includes('second'), 'the second record', deadlineMs)
      await witness.recorder.waitFor(key, 2, deadlineMs)
    },
  },
  {
    name: 'groups do not share: each gets everything',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const [one, two] = [await follow(log), await follow(log)]
      await log.append(numbered(10).map((value) => entry(key, value)))
      expect(await one.recorder.waitFor(key, 10, deadlineMs)).toEqual(numbered(10))
      expect(await two.recorder.waitFor(key, 10, deadlineMs)).toEqual(numbered(10))
    },
  },
  {
    name: 'a partition has one member of a group at a time, and another when that one leaves',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const partition = log.partitionOf(key)
      const group = fresh('group')
      const members = [await follow(log, {}, group), await follow(log, {}, group)]
      const holders = () => members.filter(({ recorder }) => recorder.owned.has(partition))
      await until(() => holders().length === 1, 'one holder', deadlineMs)
      await log.append([entry(key, 'one')])
      const seen = (value: string) => members.filter(({ recorder }) => recorder.valuesOf(key).includes(value)).length
      await until(() => seen('one') > 0, 'the first record', deadlineMs)
      expect([holders().length, seen('one')]).toEqual([1, 1])
      const leaver = holders()[0]
      await leaver?.following.close()
      await until(() => holders().length === 1 && holders()[0] !== leaver, 'the other holder', deadlineMs)
      await log.append([entry(key, 'two')])
      await until(() => seen('two') > 0, 'the second record', deadlineMs)
      expect(members.flatMap(({ recorder }) => recorder.faults)).toEqual([])
    },
  },
  {
    name: 'closing the log revokes what its followers hold',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const revoked: number[] = []
      const { recorder } = await follow(log, { onRevoked: (partition) => void revoked.push(partition) })
      await log.append([entry(key, 'x')])
      await recorder.waitFor(key, 1, deadlineMs)
      await log.close()
      expect(revoked).toContain(log.partitionOf(key))
      expect([...recorder.owned]).toEqual([])
    },
  },
  {
    name: 'putting a node out of the group that is not in it does nothing',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const { recorder, following } = await follow(log)
      for (const node of [fresh('nobody'), '', 'Zürich.1']) await following.evict(node)
      await log.append([entry(key, 'x')])
      await recorder.waitFor(key, 1, deadlineMs)
      expect(recorder.owned.has(log.partitionOf(key))).toBe(true)
      expect(recorder.faults).toEqual([])
    },
  },
]
