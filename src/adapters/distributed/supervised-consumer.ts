/**
 * A kafkajs consumer that is started anew for ever. kafkajs gives up for good after some faults (a coordinator frozen for
 * 20 s is one), and `restartOnFailure` can veto a restart but not force one.
 */

import { atMost } from './at-most'
import { type ConsumerOptions, type Generation, LiveConsumer, tell } from './live-consumer'

/** The shortest and the longest wait before a new start; half of it is jitter, so that nodes do not come back in step. */
const BACK_OFF_MS = { first: 200, longest: 1_000 }
/** While the brokers are away a start fails each second: of a row of failures the first is reported, then every so many. */
const REPORT_EVERY = 10

export interface SupervisedConsumerOptions extends ConsumerOptions {
  /** The group; a function gives each generation another, for a tail that must not wait for its own former member. */
  groupId: string | (() => string)
}

export class SupervisedConsumer {
  #current: LiveConsumer | undefined
  #running: Promise<void> | undefined
  #closing = false
  #lastSignalMs = 0
  /** Members this process was, and may still be as far as the coordinator knows: a join would wait for them. */
  readonly #former = new Map<string, string>()
  readonly #wakeUp = Promise.withResolvers<void>()
  readonly #firstJoin = Promise.withResolvers<void>()

  constructor(private readonly options: SupervisedConsumerOptions) {}

  /** Starts, and goes on until `close`. Nothing it meets ends it. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves at the first join; with brokers away, that may be never. */
  get firstJoin(): Promise<void> {
    return this.#firstJoin.promise
  }

  /** The consumer that lives now, if one does. */
  get generation(): Generation | undefined {
    return this.#current
  }

  /** For how long nothing was heard of the brokers, ms; `Infinity` before the first time. */
  get silentMs(): number {
    return this.#lastSignalMs === 0 ? Number.POSITIVE_INFINITY : performance.now() - this.#lastSignalMs
  }

  /** Leaves the group and ends. Batches under way are not waited for longer than a second. */
  async close(): Promise<void> {
    this.#closing = true
    this.#wakeUp.resolve()
    this.#current?.end(undefined)
    await this.#running
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#closing) {
      const { joined, cause } = await this.#live()
      if (this.#closing) return
      failures = joined ? 1 : failures + 1
      if (failures % REPORT_EVERY === 1) this.#report(cause)
      const waitMs = Math.min(BACK_OFF_MS.first * 2 ** (failures - 1), BACK_OFF_MS.longest)
      await atMost(waitMs * (0.5 + Math.random() / 2), this.#wakeUp.promise)
    }
  }

  /** One generation, from its beginning to its end. */
  async #live(): Promise<{ joined: boolean; cause: unknown }> {
    const { groupId, handlers } = this.options
    const live = new LiveConsumer(this.options, typeof groupId === 'string' ? groupId : groupId(), {
      isCurrent: (one) => one === this.#current,
      signal: () => {
        this.#lastSignalMs = performance.now()
      },
      joined: () => this.#firstJoin.resolve(),
    })
    this.#current = live
    void live.start(this.#former)
    const cause = await live.ended
    // From here on it is not current: what it still says is not listened to.
    this.#current = undefined
    if (live.memberId !== '') this.#former.set(live.memberId, live.groupId)
    tell(() => handlers.ended?.(live), this.options.onError)
    await live.disconnect()
    return { joined: live.memberId !== '', cause }
  }

  #report(cause: unknown): void {
    this.options.onError(cause, { stage: 'consume', topic: this.options.topic })
  }
}
