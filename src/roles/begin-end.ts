/** The steps of an end, none of which may keep the others from happening. */

import type { OnError } from '../errors'
import { withDeadline } from '../with-deadline'

/** An orchestrator kills after its own patience; nothing may be left to do by then. */
const ALL_MS = 18_000
/** How long one step may take, ms: a table of a hundred thousand tracks is saved in less. */
const LIMITS_MS = { leave: 6_000, drain: 4_000, close: 6_000 } as const
/** What a step gets when those before it have used up the time. */
const LEAST_MS = 200

/** Runs one step; what fails or takes too long is reported, and the end goes on. */
export type EndStep = (step: keyof typeof LIMITS_MS, run: () => void | Promise<void> | undefined) => Promise<void>

/** Begins an end: all its steps together take 18 s at most, and a bit for each step after that. */
export function beginEnd(onError: OnError): EndStep {
  const untilMs = performance.now() + ALL_MS
  return async function endStep(step, run) {
    const limitMs = Math.max(LEAST_MS, Math.min(LIMITS_MS[step], untilMs - performance.now()))
    try {
      const done = Promise.resolve(run()).then(() => true)
      if ((await withDeadline(done, limitMs)) === undefined) {
        throw new Error(`not done within ${(limitMs / 1000).toFixed(1)} s`)
      }
    } catch (error) {
      onError(error, { stage: step })
    }
  }
}
