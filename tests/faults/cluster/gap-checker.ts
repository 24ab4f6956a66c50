/** For how long a viewer did not see what had been accepted: per fix, from its 202 until it or a newer one is shown. */

import type { FrameCheck } from '../../../cli/simulate/check-frames.ts'
import type { ViewFrame } from '../../../src/domain/view.ts'
import { MarkerChecker } from '../marker-checker.ts'

/** When each of a rider's fixes was accepted, `performance.now()`, by its number; holes are fixes that never were. */
export type AcceptedAt = readonly (number | undefined)[]

export class GapChecker extends MarkerChecker {
  #longestMs = 0
  /** Nothing that was accepted before this counts. */
  #sinceMs = 0

  constructor(
    orderId: string,
    findFix: ConstructorParameters<typeof MarkerChecker>[1],
    private readonly acceptedAt: AcceptedAt,
  ) {
    super(orderId, findFix)
  }

  override check(frame: ViewFrame): FrameCheck {
    const before = this.shownFix
    const result = super.check(frame)
    if (this.shownFix > before) this.#note(before, performance.now())
    return result
  }

  /** Begins anew: only fixes accepted from now on count. */
  restart(): void {
    this.#longestMs = 0
    this.#sinceMs = performance.now()
  }

  /** The longest gap since `restart`, one that goes on included. */
  longestGapMs(): number {
    this.#note(this.shownFix, performance.now())
    return this.#longestMs
  }

  /** The oldest fix that was not shown yet has waited longest. */
  #note(shown: number, nowMs: number): void {
    for (let k = shown + 1; k < this.acceptedAt.length; k++) {
      const acceptedMs = this.acceptedAt[k]
      if (acceptedMs === undefined || acceptedMs < this.#sinceMs) continue
      this.#longestMs = Math.max(this.#longestMs, nowMs - acceptedMs)
      return
    }
  }
}
