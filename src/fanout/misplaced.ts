/** Another program's records that lie in a partition which is not their order's: they go where all others of it lie. */

import { parseRecord } from '../domain/location-record'
import type { Entry, StoredRecord } from '../ports/log'

/** Marks a record that was moved: it is moved once, whatever becomes of partitions. */
const MOVED = 'zlt-moved'

/** What of a batch is folded here, and what has to be appended anew. */
export interface Sorted {
  own: readonly StoredRecord[]
  misplaced: Entry[]
}

/** Sorts out what is misplaced. Our own records never are: they are keyed by their order. */
export function sortOut(
  stored: readonly StoredRecord[],
  partition: number,
  partitionOf: (key: string) => number,
): Sorted {
  const misplaced: Entry[] = []
  if (stored.every(({ headers }) => headers.zlt === '1')) return { own: stored, misplaced }
  const own = stored.filter((one) => {
    if (one.headers.zlt === '1' || one.headers[MOVED] !== undefined || one.value === null) return true
    const record = parseRecord(one.value, false, one.appendedMs)
    if (typeof record === 'string' || partitionOf(record.order_id) === partition) return true
    misplaced.push({ key: record.order_id, value: one.value, headers: { ...one.headers, [MOVED]: '1' } })
    return false
  })
  return { own, misplaced }
}
