/** Lua that Redis runs: sent once by its text, then by its hash. */

import { createHash } from 'node:crypto'
import type { RedisClient } from './redis-client'

/** What Redis answers to a script. */
export type Answer = string | number | null | Answer[]

export class RedisScript {
  readonly #hash: string

  /** @param lua must name its keys by KEYS alone, all of one slot, or a cluster refuses it */
  constructor(private readonly lua: string) {
    this.#hash = createHash('sha1').update(lua).digest('hex')
  }

  /** @throws what the client throws */
  async run(client: RedisClient, keys: readonly string[], args: readonly (string | number)[]): Promise<Answer> {
    try {
      return (await client.evalsha(this.#hash, keys.length, ...keys, ...args)) as Answer
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
      return (await client.eval(this.lua, keys.length, ...keys, ...args)) as Answer
    }
  }
}
