/** An abort of our own that also follows the caller's. */

import type { Unavailable, UnavailableReason } from '../../ports/routes'
import { unavailable } from './answers'

/** Why a signal was aborted by us; a caller's own reason can be anything. */
class Ended extends Error {
  constructor(readonly reason: UnavailableReason) {
    super(reason)
    this.name = 'Ended'
  }
}

export interface ChildAbort {
  readonly signal: AbortSignal
  /** Settles with the answer to give when the signal aborts, by us or by the caller. */
  readonly ended: Promise<Unavailable>
  abort(reason: UnavailableReason): void
  /** Lets go of the caller's signal; call it once the work is done, since that signal may live for long. */
  release(): void
}

/** Makes a signal that aborts when `parent` does, or by `abort`. */
export function childAbort(parent: AbortSignal | undefined): ChildAbort {
  const controller = new AbortController()
  const { promise: ended, resolve } = Promise.withResolvers<Unavailable>()
  const follow = (): void => controller.abort(parent?.reason)
  controller.signal.addEventListener('abort', () => resolve(endedAnswer(controller.signal)), { once: true })
  if (parent?.aborted === true) follow()
  else parent?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    ended,
    abort: (reason) => controller.abort(new Ended(reason)),
    release: () => parent?.removeEventListener('abort', follow),
  }
}

/** What to answer to a request whose signal has aborted. */
export function endedAnswer(signal: AbortSignal): Unavailable {
  const reason = signal.reason instanceof Ended ? signal.reason.reason : 'aborted'
  return unavailable(reason, `given up: ${reason}`)
}
