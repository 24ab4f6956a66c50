/** Durations, counted in buckets: any number of them in constant memory. */

/** Buckets per doubling: a value is known to 1/64 of itself. */
const STEPS = 64
/** The least time told apart, in milliseconds; doublings above it reach 23 hours. */
const FLOOR_MS = 0.01
const DOUBLINGS = 33

/** The usual figures of a distribution, in milliseconds; undefined when nothing was counted. */
export interface LatencySummary {
  count: number
  p50?: number
  p90?: number
  p99?: number
  p99_9?: number
  max?: number
}

/** Counts durations after the manner of HdrHistogram: the relative error of every percentile is below 1.6 %, `max` is exact. */
export class Histogram {
  readonly #counts = new Uint32Array(STEPS * DOUBLINGS + 1)
  #count = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  /** Counts one duration; a negative one counts as 0. */
  add(ms: number): void {
    this.#counts[bucketOf(ms)] = (this.#counts[bucketOf(ms)] as number) + 1
    this.#count += 1
    if (ms > this.#max) this.#max = ms
  }

  /** The least duration that `share` (0–1) of all do not exceed, by nearest rank; undefined when empty. */
  percentile(share: number): number | undefined {
    if (this.#count === 0) return undefined
    const rank = Math.max(1, Math.ceil(share * this.#count))
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] as number
      if (seen >= rank) return Math.min(this.#max, upperEdge(bucket))
    }
    return this.#max
  }

  summary(): LatencySummary {
    if (this.#count === 0) return { count: 0 }
    const at = (share: number) => rounded(this.percentile(share) as number)
    return { count: this.#count, p50: at(0.5), p90: at(0.9), p99: at(0.99), p99_9: at(0.999), max: rounded(this.#max) }
  }
}

function bucketOf(ms: number): number {
  if (!(ms > FLOOR_MS)) return 0
  return Math.min(STEPS * DOUBLINGS, 1 + Math.floor(Math.log2(ms / FLOOR_MS) * STEPS))
}

function upperEdge(bucket: number): number {
  return FLOOR_MS * 2 ** (bucket / STEPS)
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
