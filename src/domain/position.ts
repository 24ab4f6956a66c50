/** The position part: what of a track its viewers are shown. */

import { type Audience, mayShowPosition, redactPosition } from './audience'
import type { Order } from './order'
import type { Track } from './track'
import type { PositionPart } from './view'

/** A position counts as stale after three missed fixes, but not before 20 s nor later than 2 min. */
const STALE = { intervals: 3, minMs: 20_000, maxMs: 120_000 } as const

/**
 * Projects the track's newest place for `audience`; undefined while there is nothing that may be shown.
 * Its version is (`at`, the order's `rev`): the same track under a newer order is a newer part.
 */
export function projectPosition(track: Track, order: Order, audience: Audience): PositionPart | undefined {
  const { last, motion } = track
  if (last === undefined || track.assignment !== order.assignment || !mayShowPosition(order)) return undefined
  const part: PositionPart = {
    at: last.at,
    rev: order.rev,
    assignment: track.assignment,
    lat: last.lat,
    lng: last.lng,
    timestamp: Math.floor(last.timeMs / 1000),
    fix_time_ms: last.timeMs,
    received_ms: last.receivedMs,
    motion: motion.kind,
    since_ms: motion.sinceMs,
    stale_after_ms: Math.min(STALE.maxMs, Math.max(STALE.minMs, STALE.intervals * track.intervalMs)),
  }
  if (last.id !== undefined) part.id = last.id
  if (last.accuracyM !== undefined) part.accuracy_m = last.accuracyM
  if (last.headingDeg !== undefined) part.heading_deg = last.headingDeg
  if (last.speedMps !== undefined) part.speed_mps = last.speedMps
  return redactPosition(part, audience)
}
