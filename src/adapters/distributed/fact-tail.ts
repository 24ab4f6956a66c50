/** One tail of a topic of facts: from its beginning to its end, and on; made anew when it breaks. */

import { type OnError, ZltError } from '../../errors'
import { answerWithin } from './answer-within'
import type { FetchedRecord } from './kafka-cluster'
import { OffsetGoneError, type PartitionReader } from './partition-reader'

/** How long a fetch waits for something new; it comes at once when there is. */
const FETCH_WAIT_MS = 500
const ANSWER_MS = 2_000
const CLOSE_MS = 500
const BACK_OFF_MS = { first: 100, last: 1_000 }

export interface FactTailOptions {
  topic: string
  openReader(): PartitionReader
  onFact(key: string, value: string | null): void
  onError: OnError
}

export class FactTail {
  readonly #options: FactTailOptions
  readonly #caughtUp = Promise.withResolvers<void>()
  readonly #stopped: Promise<void>
  /** The offset to read next; undefined: from the beginning. */
  #next: number | undefined
  #last: FetchedRecord | undefined
  #clusterId: string | undefined
  /** The topic's end when the first pass began. */
  #goal: number | undefined
  #behind: { end: number; sinceMs: number } | undefined
  #closed = false

  constructor(options: FactTailOptions) {
    this.#options = options
    this.#stopped = this.#run()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Resolves once everything that was published before has been told. @throws ZltError when it is closed before */
  caughtUp(): Promise<void> {
    return this.#caughtUp.promise
  }

  /** Compares with the topic's end, read elsewhere: a deaf tail would not notice by itself. */
  compare(end: number, nowMs: number): void {
    if (this.behindMs(nowMs) === 0) this.#behind = end > (this.#next ?? 0) ? { end, sinceMs: nowMs } : undefined
  }

  /** For how long it has not told what was there at some comparison, ms. */
  behindMs(nowMs: number): number {
    if (this.#behind === undefined || (this.#next ?? 0) >= this.#behind.end) return 0
    // At least something from the first moment on.
    return Math.max(1, nowMs - this.#behind.sinceMs)
  }

  /** Nothing is told from here on. Resolves when the fetch under way has ended, which takes up to half a second. */
  async close(): Promise<void> {
    this.#closed = true
    this.#caughtUp.reject(new ZltError('log_unavailable', 'the log is closed'))
    this.#caughtUp.promise.catch(() => {})
    await answerWithin(FETCH_WAIT_MS + CLOSE_MS, 'the end of a tail', this.#stopped).catch(() => {})
  }

  async #run(): Promise<void> {
    let backOffMs = BACK_OFF_MS.first
    let isReported = false
    while (!this.#closed) {
      const reader = this.#options.openReader()
      try {
        await this.#read(reader, () => {
          backOffMs = BACK_OFF_MS.first
          isReported = false
        })
      } catch (error) {
        if (this.#closed) return
        // An outage is one event, not one an attempt.
        if (!isReported) this.#options.onError(error, { stage: 'tail', topic: this.#options.topic })
        isReported = true
        await new Promise((resolve) => setTimeout(resolve, backOffMs * (0.5 + Math.random() / 2)))
        backOffMs = Math.min(BACK_OFF_MS.last, 2 * backOffMs)
      } finally {
        await leave(reader)
      }
    }
  }

  /** Connects, and reads until something breaks or it is closed. */
  async #read(reader: PartitionReader, onAnswer: () => void): Promise<void> {
    await answerWithin(ANSWER_MS, 'connecting a tail', reader.connect())
    if (reader.clusterId !== this.#clusterId) this.#begin()
    this.#clusterId = reader.clusterId
    const { low, high } = await answerWithin(ANSWER_MS, 'the bounds of a topic', reader.bounds())
    this.#goal ??= high
    if (this.#last !== undefined && !this.#closed) await this.#checkLast(reader)
    this.#next = Math.max(this.#next ?? low, low)
    // Nothing below the end was kept: else the last record itself is there.
    let lastEmptyAt: number | undefined
    while (!this.#closed) {
      if (this.#next >= this.#goal) this.#caughtUp.resolve()
      const { records, high } = await this.#fetch(reader, this.#next)
      onAnswer()
      for (const record of records) this.#tell(record)
      if (records.length > 0 || this.#next >= high) lastEmptyAt = undefined
      // Twice empty with an end beyond: what is there holds no records.
      else if (lastEmptyAt === this.#next) this.#next = high
      else lastEmptyAt = this.#next
    }
  }

  /**
   * Whether the last record told is still what it was: a topic that was made anew may have grown beyond our offset since.
   * It may be gone, too, when a newer value replaced it.
   */
  async #checkLast(reader: PartitionReader): Promise<void> {
    const last = this.#last as FetchedRecord
    const { records } = await this.#fetch(reader, Number(last.offset))
    const found = records.find(({ offset }) => offset === last.offset)
    if (found !== undefined && (found.timestamp !== last.timestamp || `${found.key}` !== `${last.key}`)) {
      this.#begin()
      throw new OffsetGoneError()
    }
  }

  async #fetch(reader: PartitionReader, offset: number) {
    try {
      return await answerWithin(FETCH_WAIT_MS + ANSWER_MS, 'reading facts', reader.fetch(offset, FETCH_WAIT_MS))
    } catch (error) {
      if (error instanceof OffsetGoneError) this.#begin()
      throw error
    }
  }

  #begin(): void {
    this.#next = undefined
    this.#last = undefined
    this.#goal = undefined
  }

  #tell(record: FetchedRecord): void {
    if (this.#closed) return
    this.#next = Number(record.offset) + 1
    this.#last = record
    if (record.key === null || record.isControlRecord) return
    try {
      this.#options.onFact(record.key.toString(), record.value?.toString() ?? null)
    } catch (error) {
      this.#options.onError(error, { stage: 'tail', topic: this.#options.topic })
    }
  }
}

async function leave(reader: PartitionReader): Promise<void> {
  await answerWithin(CLOSE_MS, 'leaving a topic', reader.disconnect()).catch(() => {})
}
