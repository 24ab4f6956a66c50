/**
 * A lane to one topic: group commit, one send in flight, and an acknowledgement that means stored.
 *
 * While a send is under way the next batch gathers, so order holds: nothing newer leaves before what is older has been
 * stored or given up. A call is answered within its deadline; a send that outlives it keeps the lane, and its late result
 * helps nobody.
 */

import { ZltError } from '../../errors'
import { BATCH_BYTES, bytesOf, chunksOf, type LaneRecord, MAX_SEND_RECORDS } from './batch-size'
import { isRefusedForGood, unavailable } from './send-failure'

/** One partition as the answer to a send names it. */
export interface SentPartition {
  partition: number
  errorCode: number
}

/** What a lane tells of itself. */
export interface LaneEvents {
  /** A call was acknowledged after so long. */
  stored?(seconds: number): void
  sent?(records: number): void
  resent?(records: number): void
  timedOut?(): void
}

export interface LaneOptions {
  /** Sends to one topic; resolves with the partitions that were acknowledged, which may be fewer than were sent to. */
  send(records: readonly LaneRecord[]): Promise<readonly SentPartition[]>
  /** How long a batch gathers when the lane is idle. Costs latency and saves sends. */
  lingerMs: number
  /** The largest record batch that the topic takes. */
  maxBatchBytes: number
  /** How long a call may wait, from its own beginning. */
  deadlineMs?: number
  maxWaitingRecords?: number
  maxWaitingBytes?: number
  events?: LaneEvents
}

/** Deadlines are looked at so often. */
const SWEEP_MS = 50

const RESEND_PAUSE_MS = 50

interface Call {
  records: readonly LaneRecord[]
  bytes: number
  startedMs: number
  /** Answered: whatever becomes of its records now is nobody's business. */
  settled: boolean
  resolve(): void
  reject(error: ZltError): void
}

export class SendLane {
  readonly #options: Required<Omit<LaneOptions, 'events'>> & { events: LaneEvents }
  #waiting: Call[] = []
  #waitingRecords = 0
  #waitingBytes = 0
  #inFlight: Call[] = []
  #sendStartedMs: number | undefined
  #lingering: Timer | undefined
  #sweeping: Timer | undefined
  #idle: Promise<void> = Promise.resolve()
  #closed = false
  #lastStoredMs: number | undefined

  constructor(options: LaneOptions) {
    this.#options = {
      deadlineMs: 2_000,
      maxWaitingRecords: 50_000,
      maxWaitingBytes: 32 * 2 ** 20,
      ...options,
      events: options.events ?? {},
    }
  }

  /** Records that wait for their send. */
  get waitingRecords(): number {
    return this.#waitingRecords
  }

  /** For how long a send has been under way, ms; 0 when none is. */
  stuckMs(): number {
    return this.#sendStartedMs === undefined ? 0 : performance.now() - this.#sendStartedMs
  }

  /** How long ago something was stored, ms; undefined when nothing was yet. */
  lastStoredAgoMs(): number | undefined {
    return this.#lastStoredMs === undefined ? undefined : performance.now() - this.#lastStoredMs
  }

  /**
   * Resolves once every record is stored; records of one call leave together or one after the other, with no other call's
   * between them.
   * @throws ZltError `log_unavailable` when they may not be stored, `overloaded` when too much waits, `body_too_large`
   *   when the topic never takes one of them
   */
  append(records: readonly LaneRecord[]): Promise<void> {
    if (this.#closed) return Promise.reject(new ZltError('log_unavailable', 'the log is closed'))
    if (records.length === 0) return Promise.resolve()
    let bytes = 0
    for (const record of records) {
      const own = bytesOf(record)
      if (own > this.#options.maxBatchBytes - BATCH_BYTES) return Promise.reject(tooLarge())
      bytes += own
    }
    const isFull =
      this.#waitingRecords + records.length > this.#options.maxWaitingRecords ||
      this.#waitingBytes + bytes > this.#options.maxWaitingBytes
    // Alone it is taken whatever its size: another time it would be no smaller.
    if (isFull && this.#waiting.length > 0) {
      const detail = 'Kafka takes records more slowly than they come; send this again in a moment'
      return Promise.reject(new ZltError('overloaded', detail, { retryAfterMs: 1_000 }))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, bytes, startedMs: performance.now(), settled: false, resolve, reject })
      this.#waitingRecords += records.length
      this.#waitingBytes += bytes
      this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP_MS)
      this.#schedule()
    })
  }

  /** Takes no more, and waits until all calls are answered: until the deadline at most. */
  async close(): Promise<void> {
    this.#closed = true
    this.#flush()
    while (this.#waiting.length > 0 || this.#inFlight.some(({ settled }) => !settled)) {
      await Promise.race([this.#idle, new Promise((resolve) => setTimeout(resolve, SWEEP_MS))])
    }
    clearInterval(this.#sweeping)
  }

  #schedule(): void {
    if (this.#sendStartedMs !== undefined) return
    const first = this.#waiting[0]
    if (first === undefined) return
    const restMs = this.#options.lingerMs - (performance.now() - first.startedMs)
    if (restMs <= 0 || this.#waitingRecords >= MAX_SEND_RECORDS) this.#flush()
    else this.#lingering ??= setTimeout(() => this.#flush(), restMs)
  }

  #flush(): void {
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    if (this.#sendStartedMs !== undefined || this.#waiting.length === 0) return
    this.#sendStartedMs = performance.now()
    this.#inFlight = this.#take()
    this.#idle = this.#deliver(this.#inFlight).finally(() => {
      this.#inFlight = []
      this.#sendStartedMs = undefined
      this.#schedule()
    })
  }

  /** Whole calls, as many as fit into a send; one that does not fit goes alone, in several. */
  #take(): Call[] {
    const { maxBatchBytes } = this.#options
    let [count, records, bytes] = [0, 0, BATCH_BYTES]
    for (const call of this.#waiting) {
      records += call.records.length
      bytes += call.bytes
      if (count > 0 && (records > MAX_SEND_RECORDS || bytes > maxBatchBytes)) break
      count++
    }
    const taken = this.#waiting.splice(0, count)
    this.#forget(taken)
    return taken
  }

  #forget(calls: readonly Call[]): void {
    for (const { records, bytes } of calls) {
      this.#waitingRecords -= records.length
      this.#waitingBytes -= bytes
    }
  }

  async #deliver(calls: readonly Call[]): Promise<void> {
    try {
      const records = calls.length === 1 ? (calls[0] as Call).records : calls.flatMap((call) => call.records)
      for (const chunk of chunksOf(records, this.#options.maxBatchBytes)) {
        if (calls.every(({ settled }) => settled)) return
        await this.#store(chunk, calls)
      }
      for (const call of calls) this.#succeed(call)
    } catch (error) {
      if (!isRefusedForGood(error)) {
        for (const call of calls) settle(call, unavailable(error))
      } else if (calls.length === 1) {
        for (const call of calls) settle(call, tooLarge(error))
      } else {
        // One of them is to blame, and the answer does not say which: halves find it in a few sends. What was stored of
        // the others is stored again.
        const half = calls.length >> 1
        await this.#deliver(calls.slice(0, half))
        await this.#deliver(calls.slice(half))
      }
    }
  }

  /**
   * Sends until the answer has named every partition: kafkajs resolves also when one that moved to another broker was
   * never sent. What is missing goes again before anything newer.
   */
  async #store(records: readonly LaneRecord[], calls: readonly Call[]): Promise<void> {
    let missing = records
    for (let attempt = 1; ; attempt++) {
      this.#options.events.sent?.(missing.length)
      const named = new Set<number>()
      for (const { partition, errorCode } of await this.#options.send(missing))
        if (errorCode === 0) named.add(partition)
      missing = missing.filter(({ partition }) => !named.has(partition))
      if (missing.length === 0) return
      if (calls.every(({ settled }) => settled)) throw new Error('some partitions did not acknowledge')
      this.#options.events.resent?.(missing.length)
      // Once is a leader that moved; a partition that is missing for long should not cost a busy loop.
      if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, RESEND_PAUSE_MS))
    }
  }

  #succeed(call: Call): void {
    this.#lastStoredMs = performance.now()
    if (call.settled) return
    call.settled = true
    this.#options.events.stored?.((this.#lastStoredMs - call.startedMs) / 1_000)
    call.resolve()
  }

  #sweep(): void {
    const beforeMs = performance.now() - this.#options.deadlineMs
    const isLate = (call: Call) => !call.settled && call.startedMs <= beforeMs
    const inFlight = this.#inFlight.filter(isLate)
    const waiting = this.#waiting.filter(isLate)
    if (waiting.length > 0) {
      this.#waiting = this.#waiting.filter((call) => !isLate(call))
      this.#forget(waiting)
    }
    for (const call of [...inFlight, ...waiting]) {
      this.#options.events.timedOut?.()
      settle(call, unavailable(new Error(`no acknowledgement within ${this.#options.deadlineMs} ms`)))
    }
    if (this.#waiting.length === 0 && this.#inFlight.length === 0) {
      clearInterval(this.#sweeping)
      this.#sweeping = undefined
    }
  }
}

function settle(call: Call, error: ZltError): void {
  if (call.settled) return
  call.settled = true
  call.reject(error)
}

function tooLarge(cause?: unknown): ZltError {
  return new ZltError('body_too_large', 'a record is larger than the topic takes', { cause })
}
