/** A rider's phone: a fix a second whatever happens, kept until the server has acknowledged it. */

import { readProblem } from '../../cli/riders/backend.ts'
import { MAX_BATCH } from '../../cli/simulate/plan-rider.ts'
import type { PostPool } from '../../cli/simulate/post-pool.ts'
import { bump } from '../../cli/simulate/tally.ts'
import { placeOnPath, type TimedPath } from '../../cli/simulate/timed-path.ts'

const RETRY = { firstMs: 100, longestMs: 1_000 } as const

/** What all riders write to. */
export interface RiderRecord {
  pool: Pick<PostPool, 'post'>
  /** The id of every fix that a 202 called accepted. */
  acknowledged: Set<string>
  /** Requests by their answer's status; `network` when there was none. */
  statuses: Record<string, number>
  /** Fixes that were refused for good, by code: a rider in order never sees one. */
  refused: Record<string, number>
}

interface Fix {
  id: string
  [field: string]: unknown
}

export class SteadyRider {
  readonly #unsent: Fix[] = []
  #posting: Promise<void> | undefined
  #made = 0
  #stopped = false
  /** The number of the newest fix that was acknowledged; −1 for none. */
  newestAcknowledged = -1

  constructor(
    private readonly record: RiderRecord,
    private readonly who: { index: number; orderId: string; partnerId: string; token: string },
    private readonly path: TimedPath,
  ) {}

  /** Makes the next fix, measured at `timeMs` (epoch); it goes out at once when nothing is under way, else with the next request. */
  makeFix(elapsedMs: number, timeMs: number): void {
    const { lat, lng, speedMps, headingDeg } = placeOnPath(this.path, this.who.index * 7_919 + elapsedMs)
    this.#unsent.push({
      partner_id: this.who.partnerId,
      order_id: this.who.orderId,
      lat,
      lng,
      fix_time_ms: timeMs,
      accuracy_m: 5,
      speed_mps: speedMps,
      heading_deg: Math.round(headingDeg) % 360,
      id: fixId(this.who.index, this.#made),
    })
    this.#made += 1
    this.#posting ??= this.#postAll().finally(() => {
      this.#posting = undefined
    })
  }

  /** Whether all that was made is acknowledged, or refused for good. */
  get isSettled(): boolean {
    return this.#posting === undefined
  }

  /** Gives up on what is not acknowledged yet. */
  stop(): void {
    this.#stopped = true
  }

  async #postAll(): Promise<void> {
    while (this.#unsent.length > 0 && !this.#stopped) {
      const fixes = this.#unsent.splice(0, MAX_BATCH)
      // One body however often it is sent: the server may have stored it before it could say so.
      await this.#postUntilAnswered(fixes, JSON.stringify(fixes.length === 1 ? fixes[0] : fixes))
    }
  }

  async #postUntilAnswered(fixes: readonly Fix[], body: string): Promise<void> {
    const { pool, statuses, refused } = this.record
    for (let waitMs: number = RETRY.firstMs; !this.#stopped; waitMs = Math.min(RETRY.longestMs, waitMs * 2)) {
      try {
        const answer = await pool.post(this.who.token, body)
        bump(statuses, String(answer.status))
        if (answer.status === 202) return this.#note(fixes, answer.body)
        if (answer.status !== 503 && answer.status !== 429) return bump(refused, readProblem(answer.body).code)
      } catch {
        bump(statuses, 'network')
      }
      await Bun.sleep(waitMs * (0.5 + Math.random()))
    }
  }

  #note(fixes: readonly Fix[], body: string): void {
    const { results } = JSON.parse(body) as { results: { status: string; code?: string }[] }
    for (const [i, fix] of fixes.entries()) {
      const result = results[i]
      if (result?.status !== 'accepted' || result.code !== undefined) {
        bump(this.record.refused, result?.code ?? 'no result')
        continue
      }
      this.record.acknowledged.add(fix.id)
      this.newestAcknowledged = numberOfFix(fix.id)
    }
  }
}

function fixId(rider: number, k: number): string {
  return `r${rider}-${k}`
}

/** Which of its rider's fixes this is, from 0. */
export function numberOfFix(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}
