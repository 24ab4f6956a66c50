/** Which arrival is shown: the estimate, made calm. Apart from the estimate, whose error is measured raw. */

import type { Estimate } from './eta'

/** What is shown; plain JSON. */
export interface ShownEta {
  arrivalMs: number
  earliestMs: number
  latestMs: number
  /** Since when the estimate has been elsewhere, in one direction. */
  apart?: { sinceMs: number; later: boolean }
  /** Arrivals put off by two minutes or more, as counted by `isRunningLate`. */
  putOff: number
}

/** When the shown arrival moves. */
export interface DisplayRules {
  /** The estimate is apart from what is shown by more than this… */
  leastMs: number
  /** …and by more than this share of its own range on that side: the less is known, the calmer it is shown… */
  laterShare: number
  earlierShare: number
  /** …for so long in one direction, or at once when it is so many times as far. */
  afterMs: number
  atOnceFactor: number
  /**
   * What is shown first, or put off, lies so far from the estimate to its latest: who runs late mostly goes on to, and
   * one move that holds is worth two that do not.
   */
  leadShare: number
  /** The range's ends move when they are apart from the estimate's by more than this. */
  endMs: number
}

export const DISPLAY: DisplayRules = {
  leastMs: 30_000,
  laterShare: 0.75,
  earlierShare: 0.25,
  afterMs: 30_000,
  atOnceFactor: 3,
  leadShare: 0.15,
  endMs: 30_000,
}
/** Put off by this much it is news. */
export const PUT_OFF_MS = 120_000

/**
 * What to show after one more estimate made at `nowMs`, the reading's time.
 *
 * The arrival lies within the range; the range is the estimate's own, so it holds what that holds, wherever the arrival
 * stays meanwhile.
 */
export function showEta(
  shown: ShownEta | undefined,
  estimate: Estimate,
  nowMs: number,
  rules: DisplayRules = DISPLAY,
): ShownEta {
  if (shown === undefined) return take({ putOff: 0 }, estimate, rules)
  const apartMs = estimate.arrivalMs - shown.arrivalMs
  const later = apartMs > 0
  const rangeMs = later
    ? rules.laterShare * (estimate.latestMs - estimate.arrivalMs)
    : rules.earlierShare * (estimate.arrivalMs - estimate.earliestMs)
  const limitMs = Math.max(rules.leastMs, rangeMs)
  const isDue = shown.arrivalMs <= nowMs && later
  const calm = stay(shown, estimate, rules)
  if (Math.abs(apartMs) <= limitMs && !isDue) return calm
  const apart = shown.apart?.later === later ? shown.apart : { sinceMs: nowMs, later }
  const isLong = nowMs - apart.sinceMs >= rules.afterMs
  if (isLong || Math.abs(apartMs) > rules.atOnceFactor * limitMs) return take(shown, estimate, rules)
  calm.apart = apart
  return calm
}

/** Whole minutes as a viewer counts them, rounded up; never below 1, since 0 is the arrival itself. */
export function shownMinutes(shown: Pick<ShownEta, 'arrivalMs'>, nowMs: number): number {
  return Math.max(1, Math.ceil((shown.arrivalMs - nowMs) / 60_000))
}

/** Whether this step put the arrival off by two minutes or more. */
export function isRunningLate(before: ShownEta | undefined, after: ShownEta): boolean {
  return before !== undefined && after.putOff > before.putOff
}

/** The arrival stays; the range follows the estimate's around it. */
function stay(
  { arrivalMs, earliestMs, latestMs, putOff }: ShownEta,
  estimate: Estimate,
  rules: DisplayRules,
): ShownEta {
  return {
    arrivalMs,
    earliestMs: Math.min(arrivalMs, endOf(earliestMs, estimate.earliestMs, rules)),
    latestMs: Math.max(arrivalMs, endOf(latestMs, estimate.latestMs, rules)),
    putOff,
  }
}

function endOf(shownMs: number, estimatedMs: number, { endMs }: DisplayRules): number {
  return Math.abs(estimatedMs - shownMs) > endMs ? estimatedMs : shownMs
}

function take(
  shown: { arrivalMs?: number; putOff: number },
  estimate: Estimate,
  { leadShare }: DisplayRules,
): ShownEta {
  const { earliestMs, latestMs } = estimate
  const isLater = shown.arrivalMs === undefined || estimate.arrivalMs > shown.arrivalMs
  const leadMs = isLater ? Math.round(leadShare * (latestMs - estimate.arrivalMs)) : 0
  const arrivalMs = estimate.arrivalMs + leadMs
  const isPutOff = shown.arrivalMs !== undefined && arrivalMs - shown.arrivalMs >= PUT_OFF_MS
  return { arrivalMs, earliestMs, latestMs, putOff: shown.putOff + (isPutOff ? 1 : 0) }
}
