/** What one viewer may expect of its socket, checked frame by frame. Pure: it is told the times. */

import { isNewerPosition, mergeView, shownPosition, type View, type ViewFrame } from '../../src/domain/view'

/** Finds a rider's fix by the id in a position; undefined when this rider never made such a fix. */
export type FindFix = (id: string) => { k: number; intendedMs?: number } | undefined

/** What came of one frame. */
export interface FrameCheck {
  /** A part of the frame that this viewer must not see: another order's, or another rider's position. */
  foreign: boolean
  /** Parts older than one that the same socket carried before. */
  violations: number
  /** A fix seen for the first time on this viewer. */
  fix?: { k: number; intendedMs?: number }
}

const FINE: FrameCheck = { foreign: false, violations: 0 }

/** Follows one viewer's view over any number of sockets. */
export class FrameChecker {
  readonly #orderId: string
  readonly #findFix: FindFix
  #view: View | undefined
  /** The greatest versions of the socket at hand. */
  #epoch = 0
  #orderRev = Number.NEGATIVE_INFINITY
  #position: { at: number; rev: number } | undefined
  #lastK = -1
  /** How many different fixes the viewer has seen. */
  seen = 0

  constructor(orderId: string, findFix: FindFix) {
    this.#orderId = orderId
    this.#findFix = findFix
  }

  /** Each socket starts with what there is, so versions compare only within one. */
  startSocket(): void {
    this.#epoch = 0
    this.#startEpoch()
  }

  /** The id of the fix that the viewer shows now, if any. */
  get shownId(): string | undefined {
    return this.#view && shownPosition(this.#view)?.id
  }

  get view(): View | undefined {
    return this.#view
  }

  check(frame: ViewFrame): FrameCheck {
    if (frame.order_id !== this.#orderId) return { foreign: true, violations: 0 }
    const violations = this.#countViolations(frame)
    this.#view = mergeView(this.#view, frame)
    const { position } = frame
    if (position === undefined) return violations === 0 ? FINE : { foreign: false, violations }
    const fix = position.id === undefined ? undefined : this.#findFix(position.id)
    if (fix === undefined) return { foreign: true, violations }
    if (fix.k <= this.#lastK) return { foreign: false, violations }
    this.#lastK = fix.k
    this.seen += 1
    return { foreign: false, violations, fix }
  }

  #countViolations({ epoch, order, position }: ViewFrame): number {
    if (epoch < this.#epoch) return 1
    if (epoch > this.#epoch) {
      this.#epoch = epoch
      this.#startEpoch()
    }
    let violations = 0
    if (order !== undefined) {
      if (order.rev < this.#orderRev) violations += 1
      else this.#orderRev = order.rev
    }
    if (position !== undefined) {
      if (this.#position !== undefined && isNewerPosition(this.#position, position)) violations += 1
      else this.#position = { at: position.at, rev: position.rev }
    }
    return violations
  }

  #startEpoch(): void {
    this.#orderRev = Number.NEGATIVE_INFINITY
    this.#position = undefined
  }
}
