import { distanceM, type Point } from '../../domain/geo'

/** A stretch of a line, by the indexes of its first and last point, and how long it takes. */
export interface Stretch {
  fromIndex: number
  toIndex: number
  seconds: number
}

/**
 * Spreads the seconds of each stretch over its segments by their length.
 *
 * Engines tell times by street or manoeuvre; within one of those the pace is taken as even.
 * @returns one entry a segment, or undefined when the stretches do not cover the line once, in order
 */
export function spreadSeconds(line: readonly Point[], stretches: readonly Stretch[]): number[] | undefined {
  const seconds: number[] = []
  let spare = 0
  for (const { fromIndex, toIndex, seconds: whole } of stretches) {
    if (fromIndex !== seconds.length || toIndex < fromIndex || toIndex >= line.length) return undefined
    // A stretch without a segment (an arrival, a turn on the spot) lends its time to the next.
    spare += whole
    if (toIndex === fromIndex) continue
    const lengths = line.slice(fromIndex + 1, toIndex + 1).map((end, i) => distanceM(line[fromIndex + i] ?? end, end))
    const totalM = lengths.reduce((sum, lengthM) => sum + lengthM, 0)
    for (const lengthM of lengths) seconds.push(totalM === 0 ? spare / lengths.length : (spare * lengthM) / totalM)
    spare = 0
  }
  const last = seconds.pop()
  if (last === undefined || seconds.length !== line.length - 2) return undefined
  return [...seconds, last + spare]
}
