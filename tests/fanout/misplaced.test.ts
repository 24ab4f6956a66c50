import { expect, test } from 'bun:test'
import { sortOut } from '../../src/fanout/misplaced.ts'
import type { StoredRecord } from '../../src/ports/log.ts'

const NOW_MS = 1_800_000_000_000
const partitionOf = (key: string) => Number(key.slice(-1)) % 2

function foreign(order: string, headers: Record<string, string> = {}, at = 1): StoredRecord {
  const value = JSON.stringify({ partner_id: 'dp1', order_id: order, lat: 1, lng: 2, timestamp: NOW_MS / 1000 })
  return { at, key: 'dp1', value, headers, appendedMs: NOW_MS }
}

test('another program’s record in the wrong partition is appended anew under its order, once', () => {
  const here = foreign('o2')
  const there = foreign('o3', { trace: 'x' })
  const { own, misplaced } = sortOut([here, there], 0, partitionOf)
  expect(own).toEqual([here])
  expect(misplaced).toEqual([{ key: 'o3', value: there.value as string, headers: { trace: 'x', 'zlt-moved': '1' } }])
})

test('one that was moved stays, wherever it lies', () => {
  const moved = foreign('o3', { 'zlt-moved': '1' })
  expect(sortOut([moved], 0, partitionOf)).toEqual({ own: [moved], misplaced: [] })
})

test('our own are not looked into, and poison is left for who reads it', () => {
  const ours = { ...foreign('o3'), headers: { zlt: '1' } }
  const poison = { ...foreign('o3'), value: '{' }
  const empty = { ...foreign('o3'), value: null }
  const batch = [ours, poison, empty]
  expect(sortOut(batch, 0, partitionOf)).toEqual({ own: batch, misplaced: [] })
})
