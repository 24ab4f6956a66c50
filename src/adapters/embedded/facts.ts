/** The facts of the embedded log: the newest value of each key, and everybody who tails them. */

import type { Database } from 'bun:sqlite'
import type { FactTopic } from '../../ports/log'

type OnFact = (key: string, value: string | null) => void

export class FactStore {
  readonly #tails = new Map<FactTopic, Set<OnFact>>()

  constructor(private readonly db: Database) {}

  publish(topic: FactTopic, key: string, value: string | null): void {
    if (value === null) this.db.run('DELETE FROM facts WHERE topic = ? AND key = ?', [topic, key])
    else this.db.run('INSERT OR REPLACE INTO facts (topic, key, value) VALUES (?, ?, ?)', [topic, key, value])
    for (const onFact of this.#tails.get(topic) ?? []) onFact(key, value)
  }

  tail(topic: FactTopic, onFact: OnFact): { close(): Promise<void> } {
    const rows = this.db.query('SELECT key, value FROM facts WHERE topic = ?').iterate(topic)
    for (const { key, value } of rows as Iterable<{ key: string; value: string }>) onFact(key, value)
    const tails = this.#tails.get(topic) ?? new Set()
    this.#tails.set(topic, tails.add(onFact))
    return {
      async close() {
        tails.delete(onFact)
      },
    }
  }

  close(): void {
    this.#tails.clear()
  }
}
