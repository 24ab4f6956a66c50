/** Watches the marker that a viewer draws, over all its sockets: it may jump ahead, it may never go back. */

import { type FrameCheck, FrameChecker } from '../../cli/simulate/check-frames.ts'
import { isNewerPosition, type ViewFrame } from '../../src/domain/view.ts'
import { numberOfFix } from './steady-rider.ts'

export class MarkerChecker extends FrameChecker {
  /** Times that the marker moved to a fix made before the one it stood on. */
  wentBack = 0
  /** Positions that were older than what the viewer had from a socket before; merging leaves them out. */
  olderServed = 0
  readonly epochs = new Set<number>()
  /** The number of the fix that is shown; −1 for none. */
  shownFix = -1
  /** The longest time between two frames so far; may be set back to 0. */
  longestPauseMs = 0
  #lastFrameMs: number | undefined

  override check(frame: ViewFrame): FrameCheck {
    const nowMs = performance.now()
    this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - (this.#lastFrameMs ?? nowMs))
    this.#lastFrameMs = nowMs
    const held = this.view
    const { position } = frame
    if (held?.position && position && held.epoch === frame.epoch && isNewerPosition(held.position, position)) {
      this.olderServed += 1
    }
    this.epochs.add(frame.epoch)
    const result = super.check(frame)
    const id = this.shownId
    if (id !== undefined) {
      const shown = numberOfFix(id)
      if (shown < this.shownFix) this.wentBack += 1
      this.shownFix = shown
    }
    return result
  }
}
