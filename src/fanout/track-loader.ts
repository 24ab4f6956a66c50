/** Brings saved tracks into a partition's memory. */

import { parseTrack, type Track } from '../domain/track'
import type { OnError } from '../errors'
import type { Snapshots } from '../ports/snapshots'
import type { OrderTable } from '../tables/orders'
import { withDeadline } from '../with-deadline'
import type { Erasure } from './erasure'
import type { Partition } from './partition'

/** A track that is not here in time starts empty: it costs one fix interval. */
const LOAD_DEADLINE_MS = 200

export interface TrackLoaderDeps {
  snapshots: Pick<Snapshots, 'load'>
  orders: OrderTable
  erasure: Erasure
  /** A vouched order that ended by itself. */
  hasLapsed(track: Track): boolean
  onError: OnError
}

export class TrackLoader {
  constructor(private readonly deps: TrackLoaderDeps) {}

  /** Loads in one round trip what there is of `orders`. Never rejects; what is not there in time is left out. */
  async load(partition: number, owned: Partition, orders: readonly string[]): Promise<void> {
    if (orders.length === 0) return
    const { snapshots, erasure, onError } = this.deps
    try {
      const tracks = await withDeadline(snapshots.load(partition, orders), LOAD_DEADLINE_MS)
      for (const [order, saved] of tracks ?? []) {
        const track = parseTrack(order, saved)
        if (track === undefined) onError(new Error('a saved track cannot be read'), { stage: 'load_tracks', order })
        else if (this.#isForgotten(track)) void erasure.drop(partition, order)
        else if (!this.deps.hasLapsed(track)) owned.restore(track)
      }
    } catch (error) {
      onError(error, { stage: 'load_tracks', partition })
    }
  }

  /** A registered order's track without the order: it was forgotten while nobody owned its partition. */
  #isForgotten(track: Track): boolean {
    return track.assignment > 0 && this.deps.orders.get(track.orderId) === undefined
  }
}
