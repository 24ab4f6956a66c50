/** Makes the topic of orders say what the rows say, whatever either has lived through: a crash, a lost or an old copy. */

import { nextRev, parseOrderFact } from '../domain/order'
import type { Log } from '../ports/log'
import type { Database } from '../store/database'
import { factOf } from '../store/orders'
import { markPublished, republish, rowsAfter } from '../store/outbox'

const PAGE_ROWS = 500

/**
 * Compares every row with the topic and has each difference published again; `rev` and `published_rev` alone would
 * miss a topic that was emptied, and a database that was restored from an older copy. A value in the topic whose row
 * is gone is removed at once.
 *
 * Where the topic is ahead of the row, the row's `rev` is raised above it: tables keep the greater one.
 */
export async function reconcile(store: Database, log: Pick<Log, 'publish' | 'tail'>, now: () => number): Promise<void> {
  // A hash a value: the values themselves would be a second copy of the whole table.
  const held = new Map<string, { rev: number; hash: number | bigint }>()
  const tail = await log.tail('delivery.order.v1', (id, value) => {
    if (value === null) held.delete(id)
    else held.set(id, { rev: parseOrderFact(value)?.rev ?? 0, hash: Bun.hash(value) })
  })
  await tail.close()

  for (let last = ''; ; ) {
    const rows = await store.read((tx) => rowsAfter(tx, last, PAGE_ROWS))
    const same = new Map<string, number>()
    const different = new Map<string, number>()
    for (const row of rows) {
      const inTopic = held.get(row.id)
      held.delete(row.id)
      const value = factOf(row)
      // A null that is due is published anyway.
      if (value === null) continue
      if (inTopic?.hash !== Bun.hash(value)) {
        different.set(row.id, inTopic && inTopic.rev >= row.rev ? nextRev(inTopic.rev, now()) : row.rev)
      } else if (row.published_rev < row.rev) {
        same.set(row.id, row.rev)
      }
    }
    if (same.size > 0) await store.write((tx) => markPublished(tx, same))
    if (different.size > 0) await store.write((tx) => republish(tx, different))
    if (rows.length < PAGE_ROWS) break
    last = rows.at(-1)?.id ?? last
  }
  for (const id of held.keys()) await log.publish('delivery.order.v1', id, null)
}
