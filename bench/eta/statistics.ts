/** Figures over trips. "Trip-balanced" is the mean of each trip's own mean, so that long trips do not drown short ones. */

import { createRandom } from '../../cli/riders/random'

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** The middle 95 % of `figure` over resampled groups of `items`. */
export function bootstrap<T>(
  items: readonly T[],
  figure: (items: readonly T[]) => number,
  seed: number,
): [number, number] {
  const random = createRandom(seed, 'bootstrap')
  const figures: number[] = []
  for (let round = 0; round < 500; round++) {
    figures.push(figure(items.map(() => items[Math.floor(random.next() * items.length)] as T)))
  }
  return [quantile(figures, 0.025), quantile(figures, 0.975)]
}
