/** Phone clocks lie: brings the times of one request to the receiver's clock before anything compares them. */

/** A clock this far ahead of the receiver is wrong, in milliseconds. */
export const AHEAD_TOLERANCE_MS = 2_000

/** What became of the times of one request. */
export interface CorrectedTimes {
  /** Per fix, in the order given; `undefined` marks the one stamp that is rejected alone (`future_time`). */
  fixTimesMs: (number | undefined)[]
  /** What was taken off every device time, in milliseconds; 0 when the clock was good. */
  shiftMs: number
}

/**
 * Corrects the device times of one request (all from one phone, so one clock).
 *
 * A newest time more than 2 s ahead of `receivedMs` means that the clock is fast: the whole request is shifted, which
 * keeps the intervals. But when only that one stamp lies ahead, and further from the rest than they lie from each other,
 * the stamp is broken and not the clock: it is rejected alone. A fix without a time was made when it was received.
 * @param deviceTimesMs epoch ms, any order
 */
export function correctTimes(deviceTimesMs: readonly (number | undefined)[], receivedMs: number): CorrectedTimes {
  const limitMs = receivedMs + AHEAD_TOLERANCE_MS
  let newestMs = Number.NEGATIVE_INFINITY
  for (const timeMs of deviceTimesMs) if (timeMs !== undefined && timeMs > newestMs) newestMs = timeMs
  if (newestMs <= limitMs) return { fixTimesMs: deviceTimesMs.map((timeMs) => timeMs ?? receivedMs), shiftMs: 0 }

  const outlier = loneOutlier(deviceTimesMs, newestMs, limitMs)
  const shiftMs = outlier === undefined ? newestMs - receivedMs : 0
  return {
    fixTimesMs: deviceTimesMs.map((timeMs, i) =>
      i === outlier ? undefined : timeMs === undefined ? receivedMs : timeMs - shiftMs,
    ),
    shiftMs,
  }
}

function loneOutlier(timesMs: readonly (number | undefined)[], newestMs: number, limitMs: number): number | undefined {
  const others = timesMs.filter((timeMs) => timeMs !== undefined && timeMs !== newestMs) as number[]
  const stamped = timesMs.filter((timeMs) => timeMs !== undefined).length
  if (others.length === 0 || others.length !== stamped - 1) return undefined
  others.sort((a, b) => a - b)
  const secondMs = others[others.length - 1] as number
  if (secondMs > limitMs) return undefined
  let widestGapMs = 0
  for (let i = 1; i < others.length; i++)
    widestGapMs = Math.max(widestGapMs, (others[i] as number) - (others[i - 1] as number))
  return newestMs - secondMs > widestGapMs + AHEAD_TOLERANCE_MS ? timesMs.indexOf(newestMs) : undefined
}
