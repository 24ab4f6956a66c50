/** A checkpoint of one partition: changed tracks are saved first, and only then is the offset committed. */

import type { OnError } from '../errors'
import type { Snapshots } from '../ports/snapshots'
import type { Partition } from './partition'

/** Orders saved in one go: a millisecond in which nothing else runs, here and where they are saved. */
const SAVE_SLICE = 40

export class Checkpoint {
  constructor(private readonly deps: { snapshots: Pick<Snapshots, 'save'>; onError: OnError }) {}

  /**
   * Saves what has changed, then commits what was folded when it began. Never rejects: one that fails costs a replay
   * after a crash, no more, and the next checkpoint does its work too.
   */
  async save(partition: number, owned: Partition, commit: (at: number) => Promise<void> | undefined): Promise<void> {
    const committable = owned.committable
    if (!(await this.#saveTracks(partition, owned))) return
    try {
      await commit(committable)
    } catch (error) {
      this.deps.onError(error, { stage: 'commit', partition })
    }
  }

  /** @returns whether all of it is saved */
  async #saveTracks(partition: number, owned: Partition): Promise<boolean> {
    for (;;) {
      const saved = owned.takeUnsaved(SAVE_SLICE)
      if (saved.length === 0) return true
      try {
        await this.deps.snapshots.save(partition, saved)
      } catch (error) {
        owned.unsave(saved)
        this.deps.onError(error, { stage: 'checkpoint', partition })
        return false
      }
      // Let fixes and frames through between two slices.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
