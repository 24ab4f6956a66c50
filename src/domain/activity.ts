/** What a rider is doing, by where it waits and how old its readings come: refines moving and waiting. Pure. */

import { distanceM, type Point } from './geo'
import type { Motion } from './view'

/** A waiting rider within this of a planned stop is at it. */
export const AT_STOP_M = 80
/** Readings that come later than this are a backlog on its way. */
export const CATCHING_UP_AFTER_MS = 20_000

/** What is asked about one reading. */
export interface ActivityInput extends Point {
  /** From `updateMotion`; all but `moving` is waiting. */
  kind: Motion
  /** Of the newest reading. */
  timeMs: number
  receivedMs: number
  /** Where the order is picked up, while it is not yet. */
  pickup?: Point
  /** Stops of other orders that come first. */
  otherStops?: readonly Point[]
}

/**
 * The motion a viewer is told.
 *
 * `catching_up` wins: the newest reading that is known is old, so where the rider waited then says nothing of now. The
 * order's own pickup wins over other stops, since two orders are often fetched at one door.
 */
export function activityOf(input: ActivityInput): Motion {
  if (input.receivedMs - input.timeMs > CATCHING_UP_AFTER_MS) return 'catching_up'
  if (input.kind === 'moving') return 'moving'
  if (input.pickup !== undefined && distanceM(input, input.pickup) <= AT_STOP_M) return 'at_pickup'
  const isAtOther = input.otherStops?.some((stop) => distanceM(input, stop) <= AT_STOP_M)
  return isAtOther ? 'at_other_stop' : 'waiting'
}
