/** What the finished trips of a partition teach of pace: kept in memory, saved with its checkpoints. */

import { type FinishedTrip, learnTrip, NO_PACE, type PaceTable } from '../domain/pace'
import type { OnError } from '../errors'
import type { Snapshots } from '../ports/snapshots'

export class Learning {
  pace: PaceTable = NO_PACE
  #changed = false

  constructor(
    private readonly partition: number,
    private readonly deps: { snapshots: Snapshots; onError: OnError },
  ) {}

  learn(trip: FinishedTrip): void {
    const learned = learnTrip(this.pace, trip)
    if (learned === this.pace) return
    this.pace = learned
    this.#changed = true
  }

  /** Takes up what was saved; trips that finished meanwhile are few and are learned anew some day. */
  async load(): Promise<void> {
    try {
      this.pace = (await this.deps.snapshots.loadPace(this.partition)) ?? this.pace
    } catch (error) {
      this.deps.onError(error, { stage: 'load_pace', partition: this.partition })
    }
  }

  async save(): Promise<void> {
    if (!this.#changed) return
    this.#changed = false
    try {
      await this.deps.snapshots.savePace(this.partition, this.pace)
    } catch (error) {
      this.#changed = true
      this.deps.onError(error, { stage: 'save_pace', partition: this.partition })
    }
  }
}
