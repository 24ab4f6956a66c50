/** The facts of the embedded log: the newest value of each key, and everybody who tails them. */

import type { Database } from 'bun:sqlite'
import type { OnError } from '../../errors'
import type { FactTopic } from '../../ports/log'

type OnFact = (key: string, value: string | null) => void

interface Fact {
  topic: FactTopic
  key: string
  value: string | null
}

export class FactStore {
  readonly #tails = new Map<FactTopic, Set<OnFact>>()
  /** Stored, and not yet told: who publishes while being told must not overtake what others have still to hear. */
  readonly #untold: Fact[] = []
  #telling = false

  constructor(
    private readonly db: Database,
    private readonly onError: OnError,
  ) {}

  publish(topic: FactTopic, key: string, value: string | null): void {
    if (value === null) this.db.run('DELETE FROM facts WHERE topic = ? AND key = ?', [topic, key])
    else this.db.run('INSERT OR REPLACE INTO facts (topic, key, value) VALUES (?, ?, ?)', [topic, key, value])
    this.#untold.push({ topic, key, value })
    this.#tellAll()
  }

  tail(topic: FactTopic, onFact: OnFact): { close(): Promise<void> } {
    const outer = this.#telling
    this.#telling = true
    try {
      const rows = this.db.query('SELECT key, value FROM facts WHERE topic = ?').iterate(topic)
      for (const { key, value } of rows as Iterable<Omit<Fact, 'topic'>>) this.#tell(onFact, { topic, key, value })
    } finally {
      this.#telling = outer
    }
    const tails = this.#tails.get(topic) ?? new Set()
    this.#tails.set(topic, tails.add(onFact))
    this.#tellAll()
    return {
      async close() {
        tails.delete(onFact)
      },
    }
  }

  close(): void {
    this.#tails.clear()
  }

  #tellAll(): void {
    if (this.#telling) return
    this.#telling = true
    try {
      for (let fact = this.#untold.shift(); fact !== undefined; fact = this.#untold.shift()) {
        for (const onFact of this.#tails.get(fact.topic) ?? []) this.#tell(onFact, fact)
      }
    } finally {
      this.#telling = false
    }
  }

  /** One who fails to listen must not keep the fact from the others, nor make the publisher think it was not stored. */
  #tell(onFact: OnFact, { topic, key, value }: Fact): void {
    try {
      onFact(key, value)
    } catch (error) {
      this.onError(error, { stage: 'tail', topic, key })
    }
  }
}
