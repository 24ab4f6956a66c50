/** What the nodes know of each other in Redis: who lives, who owns which partition, and each one's inbox. */

import { LEASE_MS, LISTED_MS, type Reading } from './deaths'
import type { RedisClient } from './redis-client'
import { RedisScript } from './redis-script'

export const NODES_KEY = 'zlt:nodes'
export const OWNERS_KEY = 'zlt:owners'
/** An inbox outlives its node's last beat by this. */
const INBOX_LIFE_MS = 60_000
/** So many entries of an inbox are kept, roughly; a reader further behind finds a gap. */
export const INBOX_ENTRIES = 512

export function inboxKey(node: string): string {
  return `zlt:in:${node}`
}

/** Redis' own clock in milliseconds: nodes' clocks differ. */
const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** ARGV: node, lease, how long an ended lease is listed. → now, until when our lease ran before, all leases */
const BEAT = new RedisScript(`${NOW}
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
return {now, before, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}`)

/** → now, all leases */
const READ = new RedisScript(`${NOW}
return {now, false, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}`)

/** ARGV: life. Renews the inbox; makes it with one entry that says nothing when there is none, and answers its id. */
const RENEW_INBOX = new RedisScript(`
if redis.call('PEXPIRE', KEYS[1], ARGV[1]) == 1 then return false end
local id = redis.call('XADD', KEYS[1], '*', 'b', '')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return id`)

/** ARGV: node, partitions. What others have claimed since stays theirs. */
const KEEP_CLAIMS = new RedisScript(`
for i = 2, #ARGV do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[1]) end`)

/** ARGV: node, partitions. */
const RELEASE = new RedisScript(`
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end`)

/** A beat's answer. */
export interface Beat extends Reading {
  /** Until when our lease ran before this beat; undefined when there was none. */
  beforeMs: number | undefined
  /** Until when it runs now. */
  untilMs: number
}

export class Registry {
  constructor(
    private readonly client: RedisClient,
    private readonly self: string,
    private readonly onCommand: (group: 'beat' | 'lookup' | 'claim', count?: number) => void,
  ) {}

  /** Renews our lease. */
  async beat(): Promise<Beat> {
    this.onCommand('beat')
    const answer = await BEAT.run(this.client, [NODES_KEY], [this.self, LEASE_MS, LISTED_MS])
    const [nowMs, before] = answer as [number, string | null]
    return {
      ...readingOf(answer),
      beforeMs: before === null ? undefined : Number(before),
      untilMs: nowMs + LEASE_MS,
    }
  }

  async liveNodes(): Promise<string[]> {
    this.onCommand('lookup')
    const { nowMs, leases } = readingOf(await READ.run(this.client, [NODES_KEY], []))
    return leases.filter(([, untilMs]) => untilMs > nowMs).map(([node]) => node)
  }

  /** Lets our inbox live on. @returns whether it had to be made anew */
  async renewInbox(): Promise<boolean> {
    this.onCommand('beat')
    return (await RENEW_INBOX.run(this.client, [inboxKey(this.self)], [INBOX_LIFE_MS])) !== null
  }

  /** Says again what Redis may have forgotten; where another node is named, that one claimed later. */
  async keepClaims(partitions: ReadonlySet<number>): Promise<void> {
    if (partitions.size === 0) return
    this.onCommand('beat')
    await KEEP_CLAIMS.run(this.client, [OWNERS_KEY], [this.self, ...partitions])
  }

  async claim(partition: number): Promise<void> {
    this.onCommand('claim')
    await this.client.hset(OWNERS_KEY, String(partition), this.self)
  }

  /** Takes our name off the partitions, where it stands. */
  async release(partitions: Iterable<number>): Promise<void> {
    this.onCommand('claim')
    await RELEASE.run(this.client, [OWNERS_KEY], [this.self, ...partitions])
  }

  async ownerOf(partition: number): Promise<string | undefined> {
    this.onCommand('lookup')
    return (await this.client.hget(OWNERS_KEY, String(partition))) ?? undefined
  }

  /** Takes us off at once, so that nobody waits for the lease to run out. */
  async leave(claimed: ReadonlySet<number>): Promise<void> {
    await Promise.all([
      this.client.zrem(NODES_KEY, this.self),
      this.client.del(inboxKey(this.self)),
      claimed.size > 0 && this.release(claimed),
    ])
  }
}

function readingOf(answer: unknown): Reading {
  const [nowMs, , flat] = answer as [number, unknown, string[]]
  const leases: [string, number][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) leases.push([flat[i] as string, Number(flat[i + 1])])
  return { nowMs, leases }
}
