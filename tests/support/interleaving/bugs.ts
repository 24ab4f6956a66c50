/** Bugs planted on purpose, each through a seam: the property is worth something only if it finds every one of them. */

import type { LocationRecord } from '../../../src/domain/location-record'
import { projectPosition } from '../../../src/domain/position'
import { lineOf } from '../../../src/domain/trip'
import { isEnded } from '../../../src/domain/view'
import { Partition, type PartitionDeps, type ReadRecord } from '../../../src/fanout/partition'
import type { StoredRecord } from '../../../src/ports/log'
import { REAL, type Seams } from './seams'

/** Commits what it has seen, though some of it only waits. */
class CommitsWhatWaits extends Partition {
  #seen = -1

  override sawUpTo(at: number): void {
    super.sawUpTo(at)
    this.#seen = Math.max(this.#seen, at)
  }

  override get committable(): number {
    return this.#seen
  }
}

/** Takes every record for the assignment that its table happens to know. */
class AsksForNoAssignment extends Partition {
  constructor(private readonly table: PartitionDeps) {
    super(table)
  }

  override read(records: readonly StoredRecord[]): ReadRecord[] {
    return super.read(records).map(({ at, record }) => ({ at, record: this.#restamp(record) }))
  }

  #restamp(record: LocationRecord): LocationRecord {
    const order = this.table.order(record.order_id)
    return order === undefined ? record : { ...record, assignment: order.assignment }
  }
}

export const BUGS: Record<string, Seams> = {
  'an epoch per owner': { ...REAL, epochOf: (owner) => owner },
  'committing past records that wait': { ...REAL, openPartition: (deps) => new CommitsWhatWaits(deps) },
  'no check of the assignment in fold': { ...REAL, openPartition: (deps) => new AsksForNoAssignment(deps) },
  'no check of the assignment in what is shown': {
    ...REAL,
    shown: ({ order, position }) => (order?.visible && !isEnded(order) ? position : undefined),
  },
  'versions by fix time': {
    ...REAL,
    project: (track, order, audience) => {
      const part = projectPosition(track, order, audience)
      return part && { ...part, at: part.fix_time_ms }
    },
  },
  'a line of a plan that is over': {
    ...REAL,
    project: (track, order, audience) => {
      const part = projectPosition(track, order, audience)
      const line = track.trip && lineOf(track.trip)
      return part && line && order.stops_before === 0 ? { ...part, route_id: line.id, along_m: 0 } : part
    },
  },
  'a customer’s line past others’ doors': {
    ...REAL,
    project: (track, order, audience) => projectPosition(track, order, audience === 'customer' ? 'rider' : audience),
  },
  'a lower offset saved over a higher one': { ...REAL, replaces: () => true },
}
