/** How fast records come: few a round of fetches, and the rounds themselves are what costs. */

/** With more than this a fetch brings many by itself, and a pause would only delay them. */
const SLOW_PER_SECOND = 1_000
const WINDOW_MS = 1_000

export class FetchPace {
  #startMs = 0
  #records = 0
  #isSlow = true

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Whether the last second brought few; so it is before the first. */
  get isSlow(): boolean {
    return this.#isSlow
  }

  count(records: number): void {
    this.#records += records
    const nowMs = this.now()
    const elapsedMs = nowMs - this.#startMs
    if (elapsedMs < WINDOW_MS) return
    this.#isSlow = (this.#records * 1_000) / elapsedMs < SLOW_PER_SECOND
    this.#startMs = nowMs
    this.#records = 0
  }
}
