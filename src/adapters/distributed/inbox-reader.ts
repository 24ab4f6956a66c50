/** Reads this node's inbox, entry after entry, on a connection of its own: the read waits in Redis. */

import { type Body, parseBody } from './mail-body'
import { isReady, type RedisClient } from './redis-client'

/** So long a read waits for an entry. It also bounds how late a frozen Redis is noticed. */
export const BLOCK_MS = 2_000
/** Entries taken in one reply. */
const COUNT = 32
const RETRY_MS = 50
/** After a reply, so that the next one brings what several nodes have sent. */
const GATHER_MS = 1

export interface InboxReaderDeps {
  client: RedisClient
  key: string
  onBodies(bodies: Body[]): void
  /** Of each entry, its length in bytes. */
  onEntry(bytes: number): void
  onRead(): void
  failed(error: unknown): void
  answered(): void
}

export class InboxReader {
  #position = '0-0'
  #lastAnswerMs = performance.now()
  #closed = false
  #loop: Promise<void> | undefined

  constructor(private readonly deps: InboxReaderDeps) {}

  start(): void {
    this.#lastAnswerMs = performance.now()
    this.#loop = this.#run()
  }

  /** The inbox is another one, whose entries may have lower ids. What is read twice by that has its number. */
  startOver(): void {
    this.#position = '0-0'
  }

  /** Whether reads are answered. */
  get isReading(): boolean {
    return performance.now() - this.#lastAnswerMs < BLOCK_MS + 1_500
  }

  async close(): Promise<void> {
    this.#closed = true
    this.deps.client.disconnect()
    await this.#loop
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { client, key } = this.deps
    while (!this.#closed) {
      if (!isReady(client)) {
        await Bun.sleep(RETRY_MS)
        continue
      }
      try {
        this.deps.onRead()
        const reply = await client.xread('COUNT', COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', key, this.#position)
        this.#lastAnswerMs = performance.now()
        this.deps.answered()
        if (reply === null || this.#closed) continue
        this.#take(reply[0]?.[1] ?? [])
        await Bun.sleep(GATHER_MS)
      } catch (error) {
        if (this.#closed) return
        this.deps.failed(error)
        await Bun.sleep(RETRY_MS)
      }
    }
  }

  #take(entries: readonly (readonly [id: string, fields: string[]])[]): void {
    const bodies: Body[] = []
    for (const [id, fields] of entries) {
      this.#position = id
      const json = fields[1]
      const body = parseBody(json)
      if (body === undefined) continue
      this.deps.onEntry(Buffer.byteLength(json as string))
      bodies.push(body)
    }
    this.deps.onBodies(bodies)
  }
}
