/**
 * Follows a topic as a member of a group.
 *
 * **A partition that stays is kept over a rebalance.** Kafka's eager protocol takes all partitions from all members at each
 * join, and hands most back 0.1 s later. Telling the follower so would make each owner forget its tracks, load them
 * again, and make each hub announce its viewers, at every restart of any node. So `revoked` is called for what is truly
 * lost, once the new assignment is known, and for the rest the follower hears nothing:
 * - Before it joins, the member waits for its batches, then gives the follower time to commit (`Follower.unsettled`).
 *   Commits count until the group has a new generation, which it has not before this member has joined.
 * - After the join kafkajs goes on from what is committed. Records that were handed over already are left out.
 * - Where the group is further than that, others had the partition meanwhile, and what the follower remembers is old: it
 *   is revoked and assigned anew. So it is when the topic was made anew.
 * - Out of the group for a minute, a member gives up what it held: others have it, and two would claim it.
 */

import type { EachBatchPayload, Kafka } from 'kafkajs'
import type { OnError } from '../../errors'
import type { Metrics } from '../../metrics'
import type { Follower, Following } from '../../ports/log'
import { atMost } from './at-most'
import { ConsumerLevels } from './consumer-levels'
import { evictMembers, isFormerSelf, type Member } from './eviction'
import { HeldPartition } from './held-partition'
import { type ConsumerHandlers, type Generation, HEARTBEAT_MS } from './live-consumer'
import { OffsetCommits } from './offset-commits'
import { type Claim, stickyAssigner } from './sticky-assigner'
import { SupervisedConsumer } from './supervised-consumer'

/** So long a follower's start waits for what is in the topic to be handed over. */
const CAUGHT_UP_MS = 5_000
/** A join waits so long for batches under way, and so long for the follower's commits: no heart beats meanwhile. */
const SETTLE_MS = 2_000
/** An answer to a heartbeat that took longer says nothing about now. */
const OLD_ANSWER_MS = 1_000
/** A cluster's restart takes less, and with all brokers away nobody else can have the partitions. */
const FORGET_MS = 60_000
/** How often the ends of the partitions are asked for: a consumer that gets nothing would not know how far it is behind. */
const LEVELS_MS = 2_000
/** How long an eviction is tried; then the member's session is over. */
const EVICT_MS = 6_000

export interface FollowOptions {
  kafka: Kafka
  topic: string
  group: string
  /** This process's node id, `<name>.<start_ms>`; MUST be the `clientId` of `kafka`: members are found by it. */
  node: string
  follower: Follower
  metrics: Metrics
  onError: OnError
  /** How long a broker holds a fetch that finds nothing, ms; 250 unless given. */
  maxWaitMs?: number
  /**
   * How long to wait after each fetch that brought something, ms; 0 unless given. With 500 records a second in 12
   * partitions, 4 ms cost 2 ms of the median latency and saved a third of the CPU.
   */
  pauseAfterFetchMs?: number
}

/** A follower of Kafka. */
export interface TopicFollowing extends Following {
  /** Resolves when what was in the topic at the first join has been handed over, or 5 s after the start. */
  readonly handedOver: Promise<void>
  /** For how long no broker was heard of, ms; `Infinity` before the first time. */
  readonly silentMs: number
}

/**
 * Starts to follow, from the oldest record on where the group has never committed. With the brokers away it goes on
 * trying, and nothing rejects.
 */
export function startFollowing(options: FollowOptions): TopicFollowing {
  const following = new TopicFollower(options)
  following.start()
  return following
}

class TopicFollower implements TopicFollowing, ConsumerHandlers {
  readonly #consumer: SupervisedConsumer
  readonly #held = new Map<number, HeldPartition>()
  readonly #levels: ConsumerLevels
  readonly #commits: OffsetCommits
  readonly handedOver: Promise<void>
  /** What the group has given this member. */
  #wanted = new Set<number>()
  #claimedMs = 0
  #isSettled = false
  #isFormerSelfOut = false
  #forgetting: Timer | undefined
  #readingEnds: Timer | undefined
  #closed: Promise<void> | undefined

  constructor(private readonly options: FollowOptions) {
    const { kafka, topic, group, onError, maxWaitMs, pauseAfterFetchMs } = options
    this.#consumer = new SupervisedConsumer({
      kafka,
      topic,
      groupId: group,
      handlers: this,
      onError,
      assigner: stickyAssigner(topic, () => this.#claim()),
      ...(maxWaitMs !== undefined && { maxWaitMs }),
      ...(pauseAfterFetchMs !== undefined && { pauseAfterFetchMs }),
    })
    this.#levels = new ConsumerLevels(topic, group)
    this.#commits = new OffsetCommits(topic, group)
    this.handedOver = atMost(CAUGHT_UP_MS, this.#levels.caughtUp)
  }

  start(): void {
    this.options.metrics.gauge('zlt_consumer_lag', () => this.#levels.lag())
    this.#readingEnds = setInterval(() => void this.#readEnds(), LEVELS_MS)
    this.#consumer.start()
  }

  get silentMs(): number {
    return this.#consumer.silentMs
  }

  connected(generation: Generation): void {
    const { consumer } = generation
    const { metrics } = this.options
    consumer.on(consumer.events.FETCH, () => metrics.count('zlt_consumer_fetches_total'))
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      // Records of no interest alone, such as a transaction's marks, are never handed over.
      if (payload.batchSize === 0 && this.#held.has(payload.partition)) {
        this.#levels.reached(payload.partition, Number(payload.lastOffset) + 1)
      }
    })
    void this.#evictFormerSelf()
  }

  async rejoining(): Promise<void> {
    if (this.#isSettled) return
    const held = [...this.#held.values()]
    await atMost(SETTLE_MS, Promise.all(held.map(({ idle }) => idle)))
    const { follower } = this.options
    if (held.length > 0 && follower.unsettled !== undefined) await atMost(SETTLE_MS, follower.unsettled())
    this.#isSettled = true
  }

  joined(partitions: readonly number[], generation: Generation): void {
    clearTimeout(this.#forgetting)
    this.#forgetting = undefined
    if (this.#claimedMs > 0) this.options.metrics.count('zlt_consumer_rebalances_total')
    this.#commits.joined()
    this.#claimedMs = Date.now()
    this.#isSettled = false
    this.#wanted = new Set(this.#closed === undefined ? partitions : [])
    for (const held of this.#held.values()) {
      if (this.#wanted.has(held.partition)) held.rejoined()
      else void this.#lose(held)
    }
    for (const partition of this.#wanted) if (!this.#held.has(partition)) this.#take(partition)
    this.#levels.want(this.#wanted)
    void this.#readLevels(generation)
  }

  async batch(payload: EachBatchPayload, generation: Generation): Promise<void> {
    const askedMs = performance.now()
    // Before anything is done: it throws when this member is out of the group, or about to join again.
    await payload.heartbeat()
    if (performance.now() - askedMs > OLD_ANSWER_MS) {
      // The answer may have waited for a process that slept, and its membership be over: ask again, with the next fetch.
      await Bun.sleep(2 * HEARTBEAT_MS)
      return
    }
    this.#commits.through(payload, generation)
    const { partition, highWatermark } = payload.batch
    this.#levels.ends(partition, Number(highWatermark))
    const goesOn = (held: HeldPartition) =>
      this.#closed === undefined && generation.isCurrent && held.leaving === undefined
    const held = await this.#readyFor(payload)
    if (held === undefined || !goesOn(held)) {
      // What is not resolved comes again at once.
      await Bun.sleep(20)
      return
    }
    if (await held.handOver(payload, () => goesOn(held)))
      this.#levels.reached(partition, Number(payload.batch.lastOffset()) + 1)
  }

  ended(): void {
    this.#commits.ended()
    this.#forgetting ??= setTimeout(() => {
      this.#wanted = new Set()
      for (const held of this.#held.values()) void this.#lose(held)
    }, FORGET_MS)
  }

  commit(partition: number, at: number): Promise<void> {
    const held = this.#held.get(partition)
    if (held === undefined) return Promise.resolve()
    const isOurs = () => this.#held.get(partition) === held
    return this.#commits.commit(held, at, { isOurs, isStaying: () => this.#wanted.has(partition) })
  }

  async evict(node: string): Promise<void> {
    try {
      await this.#evict(({ clientId }) => clientId === node)
    } catch (error) {
      // It leaves by itself in time.
      this.options.onError(error, { stage: 'evict', node })
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    clearInterval(this.#readingEnds)
    this.#levels.stop()
    this.#wanted = new Set()
    await Promise.all([...this.#held.values()].map((held) => this.#lose(held)))
    await this.#consumer.close()
    clearTimeout(this.#forgetting)
  }

  /** The partition of a batch, once nothing of an earlier one is under way; told anew when what is remembered is old. */
  async #readyFor(payload: EachBatchPayload): Promise<HeldPartition | undefined> {
    const { partition } = payload.batch
    const held = this.#held.get(partition)
    if (held === undefined || held.leaving !== undefined) return undefined
    await held.idle
    if (held.leaving !== undefined) return undefined
    if (held.lieOf(payload) === 'next') return held
    // Nothing the follower still commits may count: it is about what others have done, or about another topic.
    held.committed = Number.POSITIVE_INFINITY
    await this.#lose(held)
    const anew = this.#held.get(partition)
    anew?.lieOf(payload)
    return anew
  }

  #take(partition: number): void {
    const { follower, onError } = this.options
    this.#held.set(partition, new HeldPartition(partition, follower, onError))
    try {
      follower.assigned(partition)
    } catch (error) {
      onError(error, { stage: 'assigned', partition })
    }
  }

  #lose(held: HeldPartition): Promise<void> {
    held.leaving ??= this.#revoke(held)
    return held.leaving
  }

  async #revoke(held: HeldPartition): Promise<void> {
    const { partition } = held
    await held.idle
    try {
      await this.options.follower.revoked(partition)
    } catch (error) {
      this.options.onError(error, { stage: 'revoked', partition })
    }
    this.#held.delete(partition)
    this.#levels.forget(partition)
    // Given back meanwhile, or begun anew.
    if (this.#wanted.has(partition)) this.#take(partition)
  }

  /** The process before this one was killed: the first join would wait for its member's session to end. */
  async #evictFormerSelf(): Promise<void> {
    if (this.#isFormerSelfOut) return
    this.#isFormerSelfOut = true
    const { node } = this.options
    // In vain when it takes longer than its session lasts.
    await this.#evict(({ clientId }) => isFormerSelf(node, clientId)).catch(() => {})
  }

  async #evict(isDead: (member: Member) => boolean): Promise<void> {
    const { kafka, topic, group } = this.options
    // Two followers of one process have one client id.
    const isOther = ({ memberId }: Member) => memberId !== this.#consumer.generation?.memberId
    await evictMembers({ kafka, topic, groupId: group }, (member) => isOther(member) && isDead(member), EVICT_MS)
  }

  #claim(): Claim {
    const held = [...this.#held.values()].filter(({ leaving }) => leaving === undefined)
    return { sinceMs: this.#claimedMs, partitions: held.map(({ partition }) => partition) }
  }

  async #readLevels(generation: Generation): Promise<void> {
    const next = (partition: number) => this.#held.get(partition)?.next
    await this.#levels.readPositions(generation, next)
    await this.#readEnds()
  }

  async #readEnds(): Promise<void> {
    const { generation } = this.#consumer
    // Before it has joined it knows no leaders.
    if (generation !== undefined && generation.memberId !== '') await this.#levels.readEnds(generation)
  }
}
