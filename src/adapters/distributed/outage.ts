/** Whether Redis can be reached: an outage is told once, however many tries fail in it. */

import type { OnError } from '../../errors'
import type { Metrics } from '../../metrics'

export class Outage {
  /** What does not work now. */
  readonly #failing = new Set<string>()

  constructor(private readonly deps: { onError: OnError; metrics: Metrics }) {}

  get isOver(): boolean {
    return this.#failing.size === 0
  }

  /** `part` does not work; told only when all else worked. */
  failed(part: string, error: unknown): void {
    const isFirst = this.#failing.size === 0
    this.#failing.add(part)
    if (!isFirst) return
    this.deps.metrics.count('zlt_redis_outages_total')
    this.deps.onError(error, { stage: 'redis', part })
  }

  recovered(part: string): void {
    this.#failing.delete(part)
  }
}
