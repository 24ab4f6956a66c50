/** A partition in a follower's hands: what was handed over, what is committed, and that batches come one at a time. */

import type { EachBatchPayload } from 'kafkajs'
import type { OnError } from '../../errors'
import type { Follower, StoredRecord } from '../../ports/log'
import { storedRecord } from './stored-record'

/** So many records are handed over at once: enough to spread the cost of a batch, little enough to let others run. */
const BATCH_RECORDS = 500
/** For so long a partition goes through its backlog before the event loop is given to others. */
const TURN_MS = 10
/** A batch that takes longer beats by itself, so that the member is not put out of its group meanwhile. */
const BEAT_MS = 1_000

/**
 * How a batch lies to what was handed over. `ahead`: others have committed further than was handed over here, so what is
 * remembered is old. `rewound`: the topic begins anew, so what is remembered is of another one.
 */
export type Lie = 'next' | 'ahead' | 'rewound'

export class HeldPartition {
  /** The offset after the last record that was handed over; undefined before the first. */
  next: number | undefined
  /** The last offset that need not come again, as far as is known. */
  committed = -1
  /** The member has joined since the last batch: what was committed comes next, and may have been handed over already. */
  hasRejoined = true
  /** Whether others cannot have committed further than `committed` says. */
  isCommittedKnown = false
  /** Set once the partition goes away; resolves when the follower has been told. */
  leaving: Promise<void> | undefined
  /** The commit under way, and those behind it. */
  committing: Promise<void> = Promise.resolve()
  #underWay: Promise<void> = Promise.resolve()

  constructor(
    readonly partition: number,
    private readonly follower: Follower,
    private readonly onError: OnError,
  ) {}

  /** Resolves when no batch is under way. */
  get idle(): Promise<void> {
    return this.#underWay
  }

  /** The member has joined: others may have had the partition meanwhile. */
  rejoined(): void {
    this.hasRejoined = true
    this.isCommittedKnown = false
  }

  /** The group goes on from `offset`. */
  knowCommitted(offset: number): void {
    this.committed = Math.max(this.committed, offset - 1)
    this.isCommittedKnown = true
  }

  /** Where the consumer went on from, against what was handed over here. */
  lieOf({ batch }: EachBatchPayload): Lie {
    // Not in kafkajs's types: where the fetch began. The first record may lie further, behind a gap.
    const from = Number((batch as { fetchedOffset?: string }).fetchedOffset ?? batch.firstOffset())
    if (this.next === undefined) {
      this.knowCommitted(from)
      return 'next'
    }
    if (Number(batch.highWatermark) < this.next) return 'rewound'
    if (this.hasRejoined) {
      if (from > this.next) return 'ahead'
      this.knowCommitted(from)
      return 'next'
    }
    return from < this.next ? 'rewound' : 'next'
  }

  /**
   * Hands over what was not handed over yet, in portions, and calls `payload.resolveOffset` behind each. Stops early when
   * `goesOn` no longer holds; what is left comes again. MUST NOT be called while another call is under way.
   * @returns whether it came to the end
   * @throws what `payload.heartbeat()` throws, once the portion under way has settled
   */
  handOver(payload: EachBatchPayload, goesOn: () => boolean): Promise<boolean> {
    const handing = this.#handOver(payload, goesOn)
    this.#underWay = handing.then(
      () => {},
      () => {},
    )
    return handing
  }

  async #handOver({ batch, heartbeat, resolveOffset }: EachBatchPayload, goesOn: () => boolean): Promise<boolean> {
    this.hasRejoined = false
    let evicted: { error: unknown } | undefined
    const beat = setInterval(() => {
      heartbeat().catch((error) => {
        evicted = { error }
      })
    }, BEAT_MS)
    let turnEndMs = performance.now() + TURN_MS
    try {
      const { messages } = batch
      for (let from = 0; from < messages.length; from += BATCH_RECORDS) {
        const portion = messages.slice(from, from + BATCH_RECORDS)
        await this.#portion(portion.map(storedRecord))
        // After a join this may be another membership, which begins again at what is committed.
        if (this.hasRejoined || !goesOn()) return false
        resolveOffset(portion.at(-1)?.offset ?? batch.lastOffset())
        if (evicted !== undefined) throw evicted.error
        if (performance.now() > turnEndMs) {
          await new Promise((resolve) => setImmediate(resolve))
          turnEndMs = performance.now() + TURN_MS
          await heartbeat()
        }
      }
      return true
    } finally {
      clearInterval(beat)
    }
  }

  async #portion(all: StoredRecord[]): Promise<void> {
    const from = this.next ?? 0
    const records = (all[0]?.at ?? from) >= from ? all : all.filter(({ at }) => at >= from)
    const last = records.at(-1)
    if (last === undefined) return
    try {
      await this.follower.batch(this.partition, records)
    } catch (error) {
      // The follower's own failures are its own to handle; a batch that throws is given up, not repeated for ever.
      this.onError(error, { stage: 'follow', partition: this.partition, at: last.at })
    }
    this.next = last.at + 1
  }
}
