/** Whether a process can do its work, asked of all that it hangs on, within a second. */

import type { Readiness } from '../http/operations'
import { withDeadline } from '../with-deadline'

/** What a check found wrong: `degraded` still serves. */
export interface Finding {
  status: 'degraded' | 'unready'
  reason: string
}

/** One thing to look at. */
export interface Check {
  /** Whose silence it is when there is no answer in time. */
  name: string
  /** How bad that silence, or a failure of the check itself, is. */
  silence: Finding['status']
  run(): Promise<readonly Finding[]> | readonly Finding[]
}

const DEADLINE_MS = 900
/** Everybody may ask: load balancers, orchestrators and people together cost no more than this. */
const CACHE_MS = 250

/**
 * Makes the question. Checks run beside each other, at most once at a time, and their answer is good for a quarter of
 * a second; one that never answers is neither waited for nor asked again until it has.
 */
export function createReadiness(checks: readonly Check[]): () => Promise<Readiness> {
  const asks = checks.map(onceAtATime)
  let asking: Promise<Readiness> | undefined
  let known: { state: Readiness; untilMs: number } | undefined

  async function askAll(): Promise<Readiness> {
    const findings = (await Promise.all(asks.map((ask) => ask()))).flat()
    // Several roles of one process may hang on the same thing.
    const reasons = [...new Set(findings.map(({ reason }) => reason))]
    const state: Readiness = { status: worst(findings), reasons }
    known = { state, untilMs: performance.now() + CACHE_MS }
    return state
  }

  return async function readiness() {
    if (known !== undefined && performance.now() < known.untilMs) return known.state
    asking ??= askAll().finally(() => {
      asking = undefined
    })
    return asking
  }
}

function onceAtATime({ name, silence, run }: Check): () => Promise<readonly Finding[]> {
  let running: Promise<readonly Finding[]> | undefined
  return async function ask() {
    running ??= Promise.resolve()
      .then(run)
      .catch((error: unknown) => [{ status: silence, reason: `${name}: ${messageOf(error)}` }])
      .finally(() => {
        running = undefined
      })
    const found = await withDeadline(running, DEADLINE_MS)
    return found ?? [{ status: silence, reason: `${name} does not answer` }]
  }
}

function worst(findings: readonly Finding[]): Readiness['status'] {
  if (findings.some(({ status }) => status === 'unready')) return 'unready'
  return findings.length > 0 ? 'degraded' : 'ready'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
