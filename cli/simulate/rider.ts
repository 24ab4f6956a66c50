/** One rider: walks through its plan and posts what is due. Light, since there are thousands. */

import { messageOf, readProblem } from '../riders/backend'
import type { PlannedFix, Step } from './plan-rider'
import type { PostPool } from './post-pool'
import { bump, type Tally } from './tally'

/** What all riders of a run share. */
export interface RiderDeps {
  pool: PostPool
  tally: Tally
  /** The run's start: `performance.now()` and the wall clock at one moment. */
  startMs: number
  startEpochMs: number
  signal: AbortSignal
}

/** How often a request is repeated, with a wait that doubles from the first; about 6 s in all. */
const RETRY = { attempts: 6, firstMs: 200, longestMs: 2_000 } as const

export class Rider {
  readonly index: number
  readonly orderId: string
  readonly partnerId: string
  readonly #token: string
  readonly #steps: Iterator<Step>
  readonly #deps: RiderDeps
  /** By `k`: when the fix was meant to be sent, since the run's start; NaN when it came by a batch or not at all. */
  readonly #intendedMs: number[] = []
  /** The id of the clean last fix, once it is due. */
  finalId: string | undefined

  constructor(
    deps: RiderDeps,
    who: { index: number; orderId: string; partnerId: string; token: string },
    steps: Iterator<Step>,
  ) {
    this.#deps = deps
    this.index = who.index
    this.orderId = who.orderId
    this.partnerId = who.partnerId
    this.#token = who.token
    this.#steps = steps
  }

  /** The next thing to do, or undefined when the ride is over. */
  nextStep(): Step | undefined {
    const next = this.#steps.next()
    return next.done ? undefined : next.value
  }

  /** Finds one of this rider's fixes by its id, as viewers see it. */
  findFix(id: string): { k: number; intendedMs?: number } | undefined {
    const prefix = `r${this.index}-`
    if (!id.startsWith(prefix)) return undefined
    const k = Number(id.slice(prefix.length))
    const intendedMs = this.#intendedMs[k]
    if (intendedMs === undefined) return undefined
    return Number.isNaN(intendedMs) ? { k } : { k, intendedMs }
  }

  /** Does what is due; resolves when it is acknowledged or given up. */
  async take(step: Step): Promise<void> {
    const { tally } = this.#deps
    if (step.fate !== 'batch') {
      tally.fixes.intended += step.fixes.length
      for (const { k } of step.fixes) {
        this.#intendedMs[k] = step.fate === 'live' || step.fate === 'final' ? step.atMs : Number.NaN
      }
    }
    if (step.fate === 'lost') tally.fixes.lostOnPurpose += 1
    if (step.fate === 'lost' || step.fate === 'held') return
    if (step.fate === 'batch') tally.fixes.batched += step.fixes.length
    if (step.fate === 'final') {
      this.finalId = this.#idOf(step.fixes[0] as PlannedFix)
      tally.fixes.finals += 1
    }
    tally.fixes.sent += step.fixes.length
    await this.#post(step)
  }

  #idOf(fix: PlannedFix): string {
    return `r${this.index}-${fix.k}`
  }

  async #post(step: Step): Promise<void> {
    const { tally, pool, signal } = this.#deps
    const fixes = step.fixes.map((fix) => this.#wireFix(fix))
    const body = JSON.stringify(step.fate === 'batch' ? fixes : fixes[0])
    for (let attempt = 0; attempt < RETRY.attempts; attempt++) {
      if (attempt > 0) {
        tally.retries += 1
        await Bun.sleep(Math.min(RETRY.longestMs, RETRY.firstMs * 2 ** (attempt - 1)))
      }
      if (signal.aborted) break
      try {
        const answer = await pool.post(this.#token, body)
        bump(tally.statuses, String(answer.status))
        if (answer.status === 503) continue
        this.#count(answer.status, answer.body, fixes.length)
        return
      } catch (error) {
        if (signal.aborted) break
        bump(tally.statuses, 'network')
        bump(tally.refusals, `network: ${messageOf(error)}`.slice(0, 80))
      }
    }
    tally.fixes.failed += fixes.length
  }

  #wireFix(fix: PlannedFix): Record<string, unknown> {
    return {
      partner_id: this.partnerId,
      order_id: this.orderId,
      lat: fix.lat,
      lng: fix.lng,
      fix_time_ms: Math.round(this.#deps.startEpochMs + fix.madeMs),
      accuracy_m: fix.accuracyM,
      speed_mps: fix.speedMps,
      heading_deg: fix.headingDeg,
      id: this.#idOf(fix),
    }
  }

  #count(status: number, text: string, fixes: number): void {
    const { tally } = this.#deps
    if (status !== 202) {
      bump(tally.rejected, readProblem(text).code, fixes)
      return
    }
    const { results } = JSON.parse(text) as { results: { status: string; code?: string }[] }
    for (const result of results) {
      // `no_visible_order` is an accepted fix that nobody will see.
      if (result.status === 'accepted' && result.code === undefined) tally.fixes.accepted += 1
      else bump(tally.rejected, result.code ?? 'unknown')
    }
  }
}
