/** What one rider will send and when: decided by the seed before the first request, whatever the server does. */

import { blur, round } from '../riders/gps-noise'
import type { Random } from '../riders/random'
import { type PathPlace, placeOnPath, pointMoments, type TimedPath } from './timed-path'

/** How the riders of a run behave. */
export interface RideOptions {
  /** Between a rider's fixes; undefined keeps the recording's own rhythm. */
  intervalMs?: number
  durationMs: number
  /** GPS error on each axis, 1 sigma. */
  noiseM: number
  /** Share of fixes that never leave the phone. */
  lossShare: number
}

/** While it lasts the rider is silent; its fixes come together at the end. Milliseconds since the run's start. */
export interface Outage {
  fromMs: number
  toMs: number
}

/** One fix as planned; its id is made of the rider's number and `k`. */
export interface PlannedFix {
  /** Counts the rider's fixes from 0. */
  k: number
  /** When it is measured, since the run's start. */
  madeMs: number
  lat: number
  lng: number
  accuracyM: number
  speedMps: number
  headingDeg: number
}

/**
 * What happens to fixes at one moment: `live` is sent, `lost` never is, `held` waits for the outage's end, `batch` is that
 * end, `final` is the clean last fix that every viewer has to show.
 */
export interface Step {
  atMs: number
  fate: 'live' | 'lost' | 'held' | 'batch' | 'final'
  fixes: PlannedFix[]
}

/** The most fixes that one request may carry. */
export const MAX_BATCH = 200
/** The least time between two fixes of a rider; recordings with ten points a second exist. */
const MIN_SPACING_MS = 50
/** No vehicle speeds up by more than this share; the seed decides by how much each rider does. */
const PACE_SPREAD = 0.1
/** A fix without noise still has the accuracy of a good receiver. */
const CLEAN_ACCURACY_M = 5

/** The last fixes of all riders are spread over this time: thousands at one instant would measure something else. */
export const FINAL_SPREAD_MS = 1_000

/** How long after the last noisy fix the clean one is made: so long that no gate can doubt it. */
export function settleMs(noiseM: number): number {
  return noiseM > 0 ? 5_000 : 1_000
}

/**
 * The rider's steps in the order of time, from an arbitrary point of the path on.
 * The last is `final`: where the rider is when the duration ends, at least `settleMs` later.
 */
export function* planRider(
  path: TimedPath,
  options: RideOptions,
  outage: Outage | undefined,
  random: Random,
): Generator<Step> {
  const pace = random.between(1 - PACE_SPREAD, 1 + PACE_SPREAD)
  const phaseMs = random.between(0, path.durationMs)
  const finalAtMs = options.durationMs + settleMs(options.noiseM) + random.between(0, FINAL_SPREAD_MS)
  const held: PlannedFix[] = []
  let k = 0

  for (const madeMs of momentsOf(path, options, phaseMs, pace, random)) {
    if (outage !== undefined && madeMs >= outage.toMs && held.length > 0) yield* batches(outage.toMs, held)
    const fix = makeFix(k, madeMs, placeOnPath(path, phaseMs + madeMs * pace), pace, options.noiseM, random)
    k += 1
    // Drawn for every fix, so that an outage does not change the fate of those after it.
    const isLost = random.chance(options.lossShare)
    if (outage !== undefined && madeMs >= outage.fromMs && madeMs < outage.toMs) {
      held.push(fix)
      yield { atMs: madeMs, fate: 'held', fixes: [fix] }
    } else {
      yield { atMs: madeMs, fate: isLost ? 'lost' : 'live', fixes: [fix] }
    }
  }
  if (held.length > 0) yield* batches(Math.min(outage?.toMs ?? 0, options.durationMs), held)

  const place = placeOnPath(path, phaseMs + options.durationMs * pace)
  yield {
    atMs: finalAtMs,
    fate: 'final',
    fixes: [makeFix(k, finalAtMs, { ...place, speedMps: 0 }, pace, 0, random)],
  }
}

function* momentsOf(
  path: TimedPath,
  { intervalMs, durationMs }: RideOptions,
  phaseMs: number,
  pace: number,
  random: Random,
): Generator<number> {
  if (intervalMs !== undefined) {
    // Riders do not fix in step with each other.
    const first = random.between(0, Math.min(intervalMs, durationMs))
    for (let n = 0; first + n * intervalMs < durationMs; n++) yield first + n * intervalMs
    return
  }
  let lastMs = Number.NEGATIVE_INFINITY
  for (const elapsedMs of pointMoments(path, phaseMs)) {
    const madeMs = (elapsedMs - phaseMs) / pace
    if (madeMs >= durationMs) return
    if (madeMs - lastMs < MIN_SPACING_MS) continue
    lastMs = madeMs
    yield madeMs
  }
}

function* batches(atMs: number, held: PlannedFix[]): Generator<Step> {
  while (held.length > 0) yield { atMs, fate: 'batch', fixes: held.splice(0, MAX_BATCH) }
}

function makeFix(
  k: number,
  madeMs: number,
  place: PathPlace,
  pace: number,
  noiseM: number,
  random: Random,
): PlannedFix {
  const at =
    noiseM > 0
      ? blur(place, noiseM, random)
      : { lat: round(place.lat, 6), lng: round(place.lng, 6), accuracyM: place.accuracyM ?? CLEAN_ACCURACY_M }
  const speedMps = round(place.speedMps * pace, 1)
  return { k, madeMs, ...at, speedMps, headingDeg: Math.round(place.headingDeg) % 360 }
}

/**
 * Which riders fall silent, and when: each chosen one once, for 10–30 % of the run, within its first 80 %.
 * @param outages below 1 a share of the riders (rounded up), else a number of them
 */
export function planOutages(
  riders: number,
  outages: number,
  durationMs: number,
  random: Random,
): (Outage | undefined)[] {
  const chosen = Math.min(riders, Math.ceil(outages < 1 ? outages * riders : outages))
  const plan: (Outage | undefined)[] = new Array(riders).fill(undefined)
  const order = Array.from({ length: riders }, (_, i) => i)
  for (let i = 0; i < chosen; i++) {
    const other = i + Math.floor(random.next() * (riders - i))
    const rider = order[other] as number
    order[other] = order[i] as number
    const fromMs = random.between(0.1, 0.5) * durationMs
    plan[rider] = { fromMs, toMs: fromMs + random.between(0.1, 0.3) * durationMs }
  }
  return plan
}
