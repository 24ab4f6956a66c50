/** A member of a group that writes down, with times, all it is told and what becomes of its commits. */

import { Kafka, logLevel } from 'kafkajs'
import { startFollowing, type TopicFollowing } from '../../src/adapters/distributed/follow.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Follower, StoredRecord } from '../../src/ports/log.ts'

export interface MemberEvent {
  /** Epoch ms. */
  ms: number
  what: 'assigned' | 'batch' | 'revoked' | 'committed' | 'refused' | 'error'
  partition: number
  /** The first and the last offset of a batch; of a commit the last alone. */
  from?: number
  to?: number
  text?: string
}

export interface MemberOptions {
  brokers: readonly string[]
  topic: string
  group: string
  node: string
  /** How often it commits what it has taken, ms; 0: only when it must. */
  commitEveryMs?: number
}

export interface GroupMember {
  node: string
  events: MemberEvent[]
  metrics: Metrics
  following: TopicFollowing
  close(): Promise<void>
}

/** With a client of its own, as a process has. Resolves at once; `following.handedOver` tells when it has begun. */
export function startMember(options: MemberOptions, say = (_event: MemberEvent) => {}): GroupMember {
  const { brokers, topic, group, node, commitEveryMs = 500 } = options
  const events: MemberEvent[] = []
  const tell = (event: Omit<MemberEvent, 'ms'>) => {
    const timed = { ms: Date.now(), ...event }
    events.push(timed)
    say(timed)
  }
  const taken = new Map<number, number>()
  const commit = async (partition: number) => {
    const to = taken.get(partition)
    if (to === undefined) return
    try {
      await following.commit(partition, to)
      tell({ what: 'committed', partition, to })
    } catch (error) {
      tell({ what: 'refused', partition, to, text: String(error) })
    }
  }
  const commitAll = async () => void (await Promise.all([...taken.keys()].map(commit)))
  const follower: Follower = {
    assigned: (partition) => tell({ what: 'assigned', partition }),
    async batch(partition: number, records: readonly StoredRecord[]) {
      const [from, to] = [records[0]?.at ?? -1, records.at(-1)?.at ?? -1]
      tell({ what: 'batch', partition, from, to })
      taken.set(partition, to)
    },
    unsettled: commitAll,
    async revoked(partition) {
      await commit(partition)
      taken.delete(partition)
      tell({ what: 'revoked', partition })
    },
  }
  const kafka = new Kafka({
    clientId: node,
    brokers: [...brokers],
    requestTimeout: 1_000,
    connectionTimeout: 500,
    retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 5 },
    logLevel: logLevel.NOTHING,
  })
  const metrics = new Metrics()
  const onError = (error: unknown) => tell({ what: 'error', partition: -1, text: String(error) })
  const following = startFollowing({ kafka, topic, group, node, follower, metrics, onError })
  const timer = commitEveryMs > 0 ? setInterval(() => void commitAll(), commitEveryMs) : undefined
  return {
    node,
    events,
    metrics,
    following,
    async close() {
      clearInterval(timer)
      await following.close()
    },
  }
}

/** The partitions a member holds by what it was told. */
export function heldBy({ events }: { events: readonly MemberEvent[] }): number[] {
  const held = new Set<number>()
  for (const { what, partition } of events) {
    if (what === 'assigned') held.add(partition)
    if (what === 'revoked') held.delete(partition)
  }
  return [...held].sort((a, b) => a - b)
}

/** What a member was told that it must not be told: batches of what it does not hold, and such that go back. */
export function brokenPromises({ events }: { events: readonly MemberEvent[] }): string[] {
  const next = new Map<number, number>()
  const broken: string[] = []
  for (const { what, partition, from = 0, to = 0 } of events) {
    const expected = next.get(partition)
    if (what === 'assigned') {
      if (expected !== undefined) broken.push(`${partition} assigned twice`)
      next.set(partition, 0)
    }
    if (what === 'revoked') {
      if (expected === undefined) broken.push(`${partition} revoked, but not assigned`)
      next.delete(partition)
    }
    if (what !== 'batch') continue
    if (expected === undefined) broken.push(`a batch of ${partition}, which is not assigned`)
    else if (from < expected) broken.push(`${partition}: ${from} after ${expected - 1}`)
    if (expected !== undefined) next.set(partition, to + 1)
  }
  return broken
}
