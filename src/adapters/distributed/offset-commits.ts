/** Commits offsets that only rise, of partitions that are a member's. */

import type { EachBatchPayload } from 'kafkajs'
import { ZltError } from '../../errors'
import { atMost } from './at-most'
import type { HeldPartition } from './held-partition'
import type { Generation } from './live-consumer'
import { committedOffsets } from './offsets'

const COMMIT_MS = 2_000

/** How a partition stands when its commit is about to go out. */
export interface Standing {
  /** Whether the follower still has it: until `revoked` has settled. */
  isOurs(): boolean
  /** Whether the group says so too. */
  isStaying(): boolean
}

interface Committer {
  generation: Generation
  commit: EachBatchPayload['commitOffsetsIfNecessary']
}

export class OffsetCommits {
  #committer: Committer | undefined
  #joins = 0

  constructor(
    private readonly topic: string,
    private readonly group: string,
  ) {}

  /**
   * From here on commits go out by a batch's handler, of whatever partition: `consumer.commitOffsets` would try again for
   * long, and crash the consumer when it came too late.
   */
  through({ commitOffsetsIfNecessary }: EachBatchPayload, generation: Generation): void {
    this.#committer = { generation, commit: commitOffsetsIfNecessary }
  }

  /** The member has joined: it may hold what others held meanwhile. */
  joined(): void {
    this.#joins++
  }

  /** No commit can go out before the next batch. */
  ended(): void {
    this.#committer = undefined
  }

  /**
   * Everything up to `at` need not come again. Ignored when lower than what is committed, or no longer ours.
   * @throws ZltError `log_unavailable` when it may not be stored
   */
  commit(held: HeldPartition, at: number, standing: Standing): Promise<void> {
    // One after the other: the broker keeps the last it gets, not the highest.
    const committing = held.committing.then(() => this.#commit(held, at, standing))
    held.committing = committing.catch(() => {})
    return committing
  }

  async #commit(held: HeldPartition, at: number, standing: Standing): Promise<void> {
    if (at <= held.committed || !standing.isOurs()) return
    const committer = this.#committer
    if (!committer?.generation.isCurrent) throw new ZltError('log_unavailable', 'not a member of the group now')
    try {
      // What is remembered here may be older than what others have committed, and a broker takes a lower offset too.
      while (!held.isCommittedKnown || !standing.isStaying()) {
        if (await this.#learnCommitted(held, committer.generation)) break
      }
      if (at <= held.committed || !standing.isOurs()) return
      await this.#store(held.partition, at, committer)
    } catch (error) {
      throw new ZltError('log_unavailable', `an offset could not be committed: ${String(error)}`, { cause: error })
    }
    held.committed = Math.max(held.committed, at)
  }

  async #store(partition: number, at: number, { commit }: Committer): Promise<void> {
    const partitions = [{ partition, offset: String(at + 1) }]
    const stored = commit({ topics: [{ topic: this.topic, partitions }] }).then(() => true)
    if ((await atMost(COMMIT_MS, stored)) !== true) throw new Error('the brokers do not answer')
  }

  /** @returns false when the member has joined meanwhile: then the answer may be old already */
  async #learnCommitted(held: HeldPartition, generation: Generation): Promise<boolean> {
    const joins = this.#joins
    const asked = generation.coordinator().then((of) => committedOffsets(of, this.group, this.topic, [held.partition]))
    const offsets = await atMost(COMMIT_MS, asked)
    if (offsets === undefined) throw new Error('the brokers do not answer')
    if (joins !== this.#joins) return false
    held.knowCommitted(offsets.get(held.partition) ?? 0)
    return true
  }
}
