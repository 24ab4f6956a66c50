/** Whether a rider has left its route, and when to ask for another. */

import { distanceM } from './geo'
import type { Progress } from './progress'
import { type Route, type Snap, segmentBearingDeg } from './route'

/** Readings away from the route in a row, since when, and the metres moved meanwhile; `lat`/`lng` is the last move's end. */
export interface Departure {
  fixes: number
  sinceMs: number
  movedM: number
  lat: number
  lng: number
}

/** Away from the route: so far (or twice the accuracy), for so many readings, so long and after so many metres. */
export const OFF_ROUTE = {
  perpM: 50,
  accuracies: 2,
  fixes: 3,
  afterMs: 15_000,
  movedM: 100,
  /** What counts as a move. */
  hopM: 25,
  /** How much further beside it a parallel road may be, and what still counts as parallel. */
  parallel: 1.5,
  parallelDeg: 30,
} as const
/** Back on it: nearer than this, or so many accuracies. */
const REJOIN = { perpM: 35, accuracies: 1.5 } as const
/** A new route is asked for at most this often, doubling up to the last. */
const ASK_AGAIN = { minMs: 20_000, maxMs: 320_000 } as const

/** A parallel road is no other way: while the rider goes where the route goes, it may be further beside it. */
export function awayLimitM(
  state: Pick<Progress, 'alongM'>,
  accuracyM: number,
  headingDeg: number,
  found: Snap,
  route: Route,
): number {
  const limitM = Math.max(OFF_ROUTE.perpM, OFF_ROUTE.accuracies * accuracyM)
  if (found.perpM <= limitM || Number.isNaN(headingDeg)) return limitM
  // A reading whose nearest point is the window's end is not beside the route but beyond it.
  if (found.alongM <= 0 || found.alongM >= route.lengthM) return limitM
  const apartDeg = Math.abs(((headingDeg - segmentBearingDeg(route, found.segment) + 540) % 360) - 180)
  const isParallel = apartDeg <= OFF_ROUTE.parallelDeg && found.alongM > state.alongM
  return isParallel ? OFF_ROUTE.parallel * limitM : limitM
}

/** How near the route a rider who was off it is back on it, metres. */
export function rejoinLimitM(accuracyM: number): number {
  return Math.max(REJOIN.perpM, REJOIN.accuracies * accuracyM)
}

/** One more reading away from the route: the place is held, and after enough of them a new route is asked for. */
export function stepAway(next: Progress, accuracyM: number): Progress {
  delete next.elsewhere
  const { lat, lng, timeMs } = next
  const { away } = next
  if (away === undefined) {
    next.away = { fixes: 1, sinceMs: timeMs, movedM: 0, lat, lng }
    return next
  }
  const hopM = distanceM(away, next)
  // Jitter adds up; only a move out of the noise counts.
  const moved = hopM > Math.max(OFF_ROUTE.hopM, OFF_ROUTE.accuracies * accuracyM)
  next.away = moved
    ? { ...away, fixes: away.fixes + 1, movedM: away.movedM + hopM, lat, lng }
    : { ...away, fixes: away.fixes + 1 }
  const isOff =
    next.away.fixes >= OFF_ROUTE.fixes &&
    timeMs - away.sinceMs >= OFF_ROUTE.afterMs &&
    next.away.movedM >= OFF_ROUTE.movedM
  if (!isOff && !next.offRoute) return next
  const patienceMs = Math.min(ASK_AGAIN.maxMs, ASK_AGAIN.minMs * 2 ** Math.min(4, next.asks))
  if (!next.offRoute && (next.asks === 0 || timeMs - next.askedMs >= ASK_AGAIN.minMs)) ask(next)
  else if (next.offRoute && timeMs - next.askedMs >= patienceMs) ask(next)
  next.offRoute = true
  return next
}

function ask(next: Progress): void {
  next.asks += 1
  next.askedMs = next.timeMs
}
