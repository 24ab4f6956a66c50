/** What `reject` promises. */

import { expect } from 'bun:test'
import type { Rejected, StoredRecord } from '../../src/ports/log.ts'
import type { LogCase } from './log-case.ts'
import { entry, follow, fresh, numbered } from './recorder.ts'

/** A record as a follower of partition 0 may have got it. */
function poison(at: number, record: Partial<StoredRecord>, reason: string): Rejected {
  return { partition: 0, record: { at, key: null, value: null, headers: {}, appendedMs: 0, ...record }, reason }
}

export const REJECT_CASES: readonly LogCase[] = [
  {
    name: 'rejected records are kept as they were, with their place and the reason, also over a restart',
    async run({ log, reopen, rejected }) {
      const mark = fresh('poison')
      const base = Date.now() * 100
      const kept = [
        poison(base, { key: mark, value: '{"broken', headers: { zlt: '1', from: 'Zürich 🛵' } }, 'malformed_json'),
        poison(base + 1, { key: mark, value: null }, 'no_value'),
        poison(base + 2, { key: null, value: `${mark} \u0000 🛵`, headers: { empty: '' } }, 'no_key: "ü"'),
        poison(base + 3, { key: mark, value: 'x'.repeat(300_000) }, 'too_large'),
      ]
      await log.reject(kept.slice(0, 2))
      await log.reject(kept.slice(2))
      await log.reject([])
      await reopen()
      const found = (await rejected()).filter(({ at }) => at >= base && at < base + 10)
      expect(found).toEqual(
        kept.map(({ partition, record: { at, key, value, headers }, reason }) => ({
          partition,
          at,
          key,
          value,
          headers: { ...headers },
          reason,
        })),
      )
    },
  },
  {
    name: 'followers never see what was rejected',
    async run({ log, deadlineMs }) {
      const key = fresh('order')
      const { recorder } = await follow(log)
      await log.append([entry(key, 'before')])
      const base = Date.now() * 100
      await log.reject(numbered(5).map((value, i) => poison(base + 50 + i, { key, value }, 'on purpose')))
      await log.append([entry(key, 'after')])
      expect(await recorder.waitFor(key, 2, deadlineMs)).toEqual(['before', 'after'])
    },
  },
]
