/** One kafkajs consumer from its start to its end, and the words in which it is spoken of. */

import type { Cluster, Consumer, EachBatchPayload, Kafka, PartitionAssigner } from 'kafkajs'
import { PartitionAssigners } from 'kafkajs'
import type { OnError } from '../../errors'
import { atMost } from './at-most'
import { type Coordinator, openCoordinator, takeCluster } from './consumer-cluster'
import { evictMember } from './eviction'
import { FetchPace } from './fetch-pace'

/** Without a heartbeat, a join or a fetch for this long, a consumer is given up. */
const SILENT_MS = 8_000
/** How often silence is looked for. */
const WATCH_MS = 500
/** How long a consumer that is given up may take to leave its group; a frozen broker would keep it for ever. */
const DISCONNECT_MS = 1_000
/** A member that is not heard of for so long is put out by the coordinator. */
const SESSION_MS = 6_000
/** How often a member asks whether it still is one; kafkajs answers from memory in between. */
export const HEARTBEAT_MS = 100

/** One consumer between two restarts. All but `isCurrent` is still there after its end, and does no harm then. */
export interface Generation {
  readonly consumer: Consumer
  /** The consumer's own connections; kafkajs shares them with nobody. */
  readonly cluster: Cluster
  /** Its id in the group; empty before the first join. */
  readonly memberId: string
  /** False once it has been given up: nothing it says counts any more. */
  readonly isCurrent: boolean
  /** Who keeps the group. Does not count as a join, unlike `cluster.findGroupCoordinator`. */
  coordinator(): Promise<Coordinator>
}

/** What a supervised consumer tells. Nothing is told by a generation after it has ended. */
export interface ConsumerHandlers {
  /**
   * A batch of one partition. It moves on by `payload.resolveOffset` only; unresolved records come again at once. MUST
   * rethrow what `payload.heartbeat()` throws: that is how kafkajs learns of a rebalance.
   */
  batch(payload: EachBatchPayload, generation: Generation): Promise<void>
  /** Connected, about to join. */
  connected?(generation: Generation): void
  /**
   * The member is about to join again, and still has its old membership: commits still count. Awaited, so bound it well
   * below the rebalance timeout. May be called several times for one join.
   */
  rejoining?(generation: Generation): Promise<void>
  /** The member has joined and got these partitions. Called before anything is fetched: `seek` counts from here on. */
  joined?(partitions: readonly number[], generation: Generation): void
  /** The generation was given up, for whatever reason. */
  ended?(generation: Generation): void
}

/** What all consumers of a supervisor are made of. */
export interface ConsumerOptions {
  kafka: Kafka
  topic: string
  handlers: ConsumerHandlers
  onError: OnError
  /** Who gets which partition; without it, round robin. */
  assigner?: PartitionAssigner
  /** How long a broker holds a fetch that finds nothing, ms. It costs no latency, and bounds how soon a rebalance is seen. */
  maxWaitMs?: number
  /** How long to wait after each fetch that brought something, ms: trades latency for CPU. */
  pauseAfterFetchMs?: number
  /** How many partitions are handled at once. */
  concurrency?: number
}

/** What a consumer tells its supervisor. */
export interface Supervisor {
  isCurrent(one: LiveConsumer): boolean
  signal(): void
  joined(): void
}

export class LiveConsumer implements Generation {
  readonly consumer: Consumer
  memberId = ''
  readonly #ended = Promise.withResolvers<unknown>()
  #cluster: Cluster | undefined
  readonly #pace = new FetchPace()
  #aliveMs = performance.now()
  #watch: Timer | undefined

  constructor(
    private readonly options: ConsumerOptions,
    readonly groupId: string,
    private readonly supervisor: Supervisor,
  ) {
    const { kafka, assigner = PartitionAssigners.roundRobin, maxWaitMs = 250 } = options
    this.consumer = kafka.consumer({
      groupId,
      partitionAssigners: [
        (context) => {
          this.#cluster = takeCluster(context.cluster, () => this.#beforeJoin())
          return assigner(context)
        },
      ],
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: 10_000,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: maxWaitMs,
      minBytes: 1,
      metadataMaxAge: 1_000,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 2, restartOnFailure: async () => false },
    })
    this.#listen()
  }

  get isCurrent(): boolean {
    return this.supervisor.isCurrent(this)
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error('kafkajs made a consumer without its assigner')
    return this.#cluster
  }

  /** Resolves, with the cause, when this consumer is to be given up. */
  get ended(): Promise<unknown> {
    return this.#ended.promise
  }

  end(cause: unknown): void {
    clearInterval(this.#watch)
    this.#ended.resolve(cause)
  }

  coordinator(): Promise<Coordinator> {
    return openCoordinator(this.cluster, this.groupId)
  }

  /** Connects, puts former members of this process out of their groups, joins. Never rejects: a failure is an end. */
  async start(former: Map<string, string>): Promise<void> {
    const { topic, handlers, concurrency = 16 } = this.options
    this.#watch = setInterval(() => {
      const silentMs = performance.now() - this.#aliveMs
      if (silentMs > SILENT_MS) this.end(new Error(`nothing was heard of the brokers for ${Math.round(silentMs)} ms`))
    }, WATCH_MS)
    try {
      await this.consumer.connect()
      // Rejects for a topic that is missing, while `run` would resolve and read nothing.
      await this.consumer.subscribe({ topic, fromBeginning: true })
      if (!this.isCurrent) return
      handlers.connected?.(this)
      void this.#putOut(former)
      await this.consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: (payload) => this.#batch(payload, handlers),
      })
    } catch (error) {
      this.end(error)
    }
  }

  /** Leaves and disconnects, or is left alone with it after a second. kafkajs does not tell whether it could leave. */
  async disconnect(): Promise<void> {
    await atMost(
      DISCONNECT_MS,
      this.consumer.disconnect().catch(() => {}),
    )
  }

  #listen(): void {
    const { consumer } = this
    const { HEARTBEAT, GROUP_JOIN, FETCH, CRASH } = consumer.events
    const heard = () => {
      this.#aliveMs = performance.now()
      if (this.isCurrent) this.supervisor.signal()
    }
    consumer.on(HEARTBEAT, heard)
    consumer.on(FETCH, heard)
    consumer.on(CRASH, ({ payload }) => this.end(payload.error))
    consumer.on(GROUP_JOIN, ({ payload }) => {
      heard()
      this.memberId = payload.memberId
      if (!this.isCurrent) return
      const partitions = payload.memberAssignment[this.options.topic] ?? []
      tell(() => this.options.handlers.joined?.(partitions, this), this.options.onError)
      this.supervisor.joined()
    })
  }

  async #batch(payload: EachBatchPayload, handlers: ConsumerHandlers): Promise<void> {
    if (!this.isCurrent) return
    await handlers.batch(payload, this)
    const { pauseAfterFetchMs = 0 } = this.options
    this.#pace.count(payload.batch.messages.length)
    // kafkajs fetches again once all batches are handled, and they are handled side by side: one pause for all.
    if (pauseAfterFetchMs > 0 && this.#pace.isSlow) await Bun.sleep(pauseAfterFetchMs)
  }

  /** Beside the join, which waits for former members; who is not put out leaves by itself when its session ends. */
  async #putOut(former: Map<string, string>): Promise<void> {
    const { kafka, topic } = this.options
    for (const [memberId, groupId] of former) {
      await evictMember({ kafka, topic, groupId }, memberId, SESSION_MS).catch(() => {})
      former.delete(memberId)
    }
  }

  async #beforeJoin(): Promise<void> {
    if (this.memberId === '' || !this.isCurrent) return
    try {
      await this.options.handlers.rejoining?.(this)
    } catch (error) {
      this.options.onError(error, { stage: 'rejoin', group: this.groupId })
    }
    this.#aliveMs = performance.now()
  }
}

/** A listener's failure is its own. */
export function tell(call: () => void, onError: OnError): void {
  try {
    call()
  } catch (error) {
    onError(error, { stage: 'consume' })
  }
}
