/** Dropping what is kept of forgotten orders: erasure is owed, so what fails is tried again. */

import type { OnError } from '../errors'
import type { Snapshots } from '../ports/snapshots'

export class Erasure {
  /** Orders whose track is still saved, with their partition. */
  readonly #owed = new Map<string, number>()

  constructor(private readonly deps: { snapshots: Pick<Snapshots, 'drop'>; onError: OnError }) {}

  /** Drops track and trail; on failure again at each `retry`, until it is done. Never rejects. */
  async drop(partition: number, orderId: string): Promise<void> {
    this.#owed.delete(orderId)
    try {
      await this.deps.snapshots.drop(partition, orderId)
    } catch (error) {
      this.#owed.set(orderId, partition)
      this.deps.onError(error, { stage: 'drop_track' })
    }
  }

  retry(): void {
    for (const [orderId, partition] of [...this.#owed]) void this.drop(partition, orderId)
  }
}
