/** Keeps appending numbered records under many keys, and tells afterwards what a topic owes it. */

import type { Entry } from '../../../src/ports/log.ts'
import type { ReadRecord } from './read-topic.ts'

export interface LoadOptions {
  append(entries: readonly Entry[]): Promise<void>
  keys: number
  /** Appends of one key that are under way at once. */
  atOnce: number
}

/** What is wrong with a topic after a load; all empty or 0 when nothing is. */
export interface Debts {
  /** Acknowledged and not in the topic. */
  lost: string[]
  /** In the topic before one that was appended earlier, and not as the repetition of a batch. */
  disordered: string[]
}

export class NumberedLoad {
  readonly acknowledged = new Map<string, number[]>()
  /** Codes of failed appends, and how often. */
  readonly failures: Record<string, number> = {}
  longestMs = 0
  stored = 0
  #isStopped = false
  readonly #running: Promise<void>[]

  constructor(private readonly options: LoadOptions) {
    this.#running = Array.from({ length: options.keys }, (_, i) => this.#write(`key-${i}`))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  /** Holds the topic against what was acknowledged. */
  debts(records: readonly ReadRecord[]): Debts {
    const lost: string[] = []
    const disordered: string[] = []
    for (const [key, numbers] of this.acknowledged) {
      const found = records.filter((one) => one.key === key).map(({ value }) => Number(value))
      const there = new Set(found)
      for (const number of numbers) if (!there.has(number)) lost.push(`${key}: ${number}`)
      // A batch that was sent twice shows as a repetition; what comes for the first time must be newer than all before.
      let newest = -1
      const seen = new Set<number>()
      for (const number of found) {
        if (!seen.has(number) && number < newest) disordered.push(`${key}: ${number} after ${newest}`)
        seen.add(number)
        newest = Math.max(newest, number)
      }
    }
    return { lost, disordered }
  }

  async #write(key: string): Promise<void> {
    const acknowledged: number[] = []
    this.acknowledged.set(key, acknowledged)
    let number = 0
    while (!this.#isStopped) {
      const numbers = Array.from({ length: this.options.atOnce }, () => number++)
      await Promise.all(numbers.map((one) => this.#append(key, one, acknowledged)))
      // Slow enough that the brokers, which share this machine, keep up.
      await Bun.sleep(5)
    }
  }

  async #append(key: string, number: number, acknowledged: number[]): Promise<void> {
    const startedMs = performance.now()
    try {
      await this.options.append([{ key, value: String(number), headers: { zlt: '1' } }])
      acknowledged.push(number)
      this.stored++
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error)
      this.failures[code] = (this.failures[code] ?? 0) + 1
    } finally {
      this.longestMs = Math.max(this.longestMs, performance.now() - startedMs)
    }
  }
}
