/**
 * Snapshots: the tracks and trails of a partition's owner, so that another process (or this one, later) goes on from them.
 *
 * Losing them is legal and costs one fix interval; a track MUST never be replaced by one with a lower `at`.
 */

import type { PaceTable } from '../domain/pace'
import type { Track, TrailPoint } from '../domain/track'

/** What a checkpoint saves of one order. */
export interface Saved {
  track: Track
  /** Points since the last save; saving one twice (same order and `at`) MUST add nothing. */
  trail: readonly TrailPoint[]
}

/** A trail as it is kept: oldest first by fix time; at most `TRAIL_MAX_POINTS`, then thinned. */
export interface Trail {
  points: TrailPoint[]
  /** False when points may be missing (thinned, or the store was lost in between). */
  complete: boolean
}

/** A trail longer than this is thinned to half: every second point, the newest kept. */
export const TRAIL_MAX_POINTS = 4_096

export interface Snapshots {
  /**
   * What was saved of `orders`, by order; read each with `parseTrack`, for an older program may have saved it. MUST answer
   * all in one round trip, and what cannot even be decoded as it is, so that it is heard of and hinders no other.
   */
  load(partition: number, orders: readonly string[]): Promise<Map<string, unknown>>
  /**
   * Saves tracks and adds to their trails. A track with a lower `at` than the saved one MUST leave it as it is; its trail
   * points still count. Rejects when anything may not be stored; then it may be tried again as it was.
   */
  save(partition: number, saved: readonly Saved[]): Promise<void>
  /** The trail of an order; empty and complete when there is none. */
  trail(partition: number, order: string): Promise<Trail>
  /** What finished trips of the partition have taught; undefined when nothing was saved. */
  loadPace(partition: number): Promise<PaceTable | undefined>
  savePace(partition: number, pace: PaceTable): Promise<void>
  /** Forgets track and trail at once: once resolved, no answer holds them, and the id starts anew. */
  drop(partition: number, order: string): Promise<void>
  close(): Promise<void>
}
