/** The places where a test may put a planted bug; everything else of the model is the product's own code. */

import { projectPosition } from '../../../src/domain/position'
import type { Track } from '../../../src/domain/track'
import { shownPosition } from '../../../src/domain/view'
import { Partition, type PartitionDeps } from '../../../src/fanout/partition'

export interface Seams {
  openPartition(deps: PartitionDeps): Partition
  /** Whether the snapshots keep `offered` in place of `held`. */
  replaces(held: Track, offered: Track): boolean
  project: typeof projectPosition
  shown: typeof shownPosition
  /** The epoch that a node takes up when it hears of the n-th owner. */
  epochOf(owner: number): number
}

/** The system as it is. */
export const REAL: Seams = {
  openPartition: (deps) => new Partition(deps),
  replaces: (held, offered) => offered.at > held.at,
  project: projectPosition,
  shown: shownPosition,
  epochOf: () => 1,
}
