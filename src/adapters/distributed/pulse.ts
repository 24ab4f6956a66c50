/** The beat of a node: keeps its lease, its inbox and its claims alive, and sees by the answers what has become of all. */

import type { Metrics } from '../../metrics'
import { BREAK_MS, Deaths, LEASE_MS } from './deaths'
import { COMMAND_TIMEOUT_MS } from './redis-client'
import type { Beat, Registry } from './registry'

export const BEAT_MS = 500
/** A turn of the loop that comes later than this: the process slept. */
const SLEPT_MS = LEASE_MS - BEAT_MS
/** Longer between two answered beats counts as late. */
const LATE_MS = 1_000

export interface PulseDeps {
  self: string
  registry: Pick<Registry, 'beat' | 'renewInbox' | 'keepClaims'>
  claimed: ReadonlySet<number>
  metrics: Metrics
  failed(error: unknown): void
  /** A beat was answered; the nodes that live. */
  beaten(alive: ReadonlySet<string>): void
  /** The inbox was made anew. */
  inboxIsNew(): void
  /** Redis has lost what it held of us, or our lease had run out; all is there again. @param slept it was us alone */
  lostAll(slept: boolean): void
  died(node: string): void
}

export class Pulse {
  readonly #deaths: Deaths
  #timer: Timer | undefined
  #beating: Promise<void> | undefined
  #closed = false
  #started = false
  /** Until when our lease runs, as far as it was answered. */
  #untilMs: number | undefined
  #answeredMs = 0
  /** When this loop had its last turn: a gap is our own sleep. */
  #turnMs = 0
  #hasSlept = false
  #hasLost = false

  constructor(private readonly deps: PulseDeps) {
    this.#deaths = new Deaths(deps.self)
  }

  /** Whether the last beat was answered in time. */
  get isRegistered(): boolean {
    return this.#untilMs !== undefined && performance.now() - this.#answeredMs < LEASE_MS
  }

  /** Resolves after the first beat, answered or not. */
  async start(): Promise<void> {
    this.#started = true
    this.#turnMs = performance.now()
    await this.#beat()
  }

  /** A connection stands anew: no need to wait for the next turn. */
  beatNow(): void {
    if (this.#started && this.#beating === undefined) void this.#beat()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#beating
  }

  #beat(): Promise<void> {
    clearTimeout(this.#timer)
    this.#beating ??= this.#beatOnce().then((nextMs) => {
      this.#beating = undefined
      this.#turn()
      if (!this.#closed) this.#timer = setTimeout(() => void this.#beat(), nextMs)
    })
    return this.#beating
  }

  /** Never rejects. @returns when to beat again */
  async #beatOnce(): Promise<number> {
    this.#turn()
    const { registry, claimed, inboxIsNew, failed } = this.deps
    const sentMs = performance.now()
    try {
      // One after the other on the wire, in one round trip, and each by itself: in a cluster they go to different nodes.
      // The inbox first: who sees our lease sends to it.
      const [, beat] = await Promise.all([
        registry.renewInbox().then((isNew) => {
          if (!isNew) return
          inboxIsNew()
          this.#hasLost ||= this.#untilMs !== undefined
        }),
        registry.beat(),
        registry.keepClaims(claimed),
      ])
      return this.#closed ? BEAT_MS : this.#answered(beat, sentMs)
    } catch (error) {
      this.#deaths.breakOff()
      if (!this.#closed) failed(error)
      return BEAT_MS
    }
  }

  #answered(beat: Beat, sentMs: number): number {
    this.#turn()
    const nowMs = performance.now()
    const sinceMs = nowMs - this.#answeredMs
    if (this.#untilMs !== undefined) {
      if (sinceMs > LATE_MS) this.deps.metrics.count('zlt_mail_beats_late_total')
      // Less than we know was written: Redis came back with nothing, or with an older state.
      const isRewound = beat.beforeMs === undefined || beat.beforeMs < this.#untilMs
      // By what was answered: a beat that was not may have been carried out when the others had buried us already.
      const hasRunOut = this.#untilMs < beat.nowMs
      this.#hasLost ||= isRewound || hasRunOut
    }
    if (this.#hasLost || sinceMs > BREAK_MS || nowMs - sentMs > COMMAND_TIMEOUT_MS) this.#deaths.breakOff()
    this.#untilMs = beat.untilMs
    this.#answeredMs = nowMs
    if (this.#hasLost) this.deps.lostAll(this.#hasSlept)
    this.#hasLost = false
    this.#hasSlept = false
    const died = this.#deaths.take(beat)
    this.deps.beaten(new Set(beat.leases.filter(([, untilMs]) => untilMs > beat.nowMs).map(([node]) => node)))
    for (const node of died) this.deps.died(node)
    return this.#deaths.nextMs(beat, BEAT_MS)
  }

  #turn(): void {
    const nowMs = performance.now()
    if (nowMs - this.#turnMs > SLEPT_MS) this.#hasSlept = true
    this.#turnMs = nowMs
  }
}
