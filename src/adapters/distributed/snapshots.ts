/** Snapshots in Redis, by partition and epoch: an order's track is a string, its trail a sorted set by `at`. */

import { VOUCHED_LIFE_MS } from '../../domain/order'
import type { PaceTable } from '../../domain/pace'
import type { TrailPoint } from '../../domain/track'
import type { Metrics } from '../../metrics'
import { type Saved, type Snapshots, TRAIL_MAX_POINTS, type Trail } from '../../ports/snapshots'
import { connect, type RedisClient, type RedisConnections } from './redis-client'
import {
  AT_DIGITS,
  decodePoint,
  encodePoint,
  encodeTrack,
  INCOMPLETE,
  SAVE,
  TRACK_LIFE_MS,
  TRAIL_LIFE_MS,
} from './snapshot-script'

/** What was learned of pace outlives a quiet month. */
const PACE_LIFE_MS = 60 * 24 * 3_600_000
/** One script saves at most so many orders, and points beyond its first order's: so long nobody else is served. */
const SLICE_ORDERS = 100
const SLICE_POINTS = 2_000
const CONNECT_DEADLINE_MS = 3_000

export interface RedisSnapshotsDeps {
  redis: RedisConnections
  metrics: Metrics
  /** The log's incarnation: what another one has saved is not found. */
  epoch(): number
}

export class RedisSnapshots implements Snapshots {
  readonly #client: RedisClient

  constructor(private readonly deps: RedisSnapshotsDeps) {
    this.#client = deps.redis.client('snapshots')
  }

  /** Connects; resolves after a few seconds when Redis cannot be reached. @throws Error when Redis refuses who we are */
  open(): Promise<void> {
    return connect(this.#client, CONNECT_DEADLINE_MS)
  }

  async load(partition: number, orders: readonly string[]): Promise<Map<string, unknown>> {
    const found = new Map<string, unknown>()
    if (orders.length === 0) return found
    this.#count()
    const values = await this.#client.mget(orders.map((order) => this.#key(partition, 'track', order)))
    values.forEach((value, i) => {
      if (value !== null) found.set(orders[i] as string, decoded(value))
    })
    return found
  }

  async save(partition: number, saved: readonly Saved[]): Promise<void> {
    // Sent at once, so that they take one round trip however many they are.
    await Promise.all(slices(saved).map((slice) => this.#saveSlice(partition, slice)))
  }

  async trail(partition: number, order: string): Promise<Trail> {
    this.#count()
    const members = await this.#client.zrange(this.#key(partition, 'trail', order), '0', '-1')
    const points: TrailPoint[] = []
    let complete = true
    for (const member of members) {
      const point = member === INCOMPLETE ? undefined : decodePoint(member)
      if (point === undefined) complete = false
      else points.push(point)
    }
    points.sort((a, b) => a.timeMs - b.timeMs || a.at - b.at)
    return { points, complete }
  }

  async loadPace(partition: number): Promise<PaceTable | undefined> {
    this.#count()
    const json = await this.#client.get(this.#key(partition, 'pace'))
    return json === null ? undefined : (JSON.parse(json) as PaceTable)
  }

  async savePace(partition: number, pace: PaceTable): Promise<void> {
    this.#count()
    await this.#client.set(this.#key(partition, 'pace'), JSON.stringify(pace), 'PX', PACE_LIFE_MS)
  }

  async drop(partition: number, order: string): Promise<void> {
    this.#count()
    await this.#client.del(this.#key(partition, 'track', order), this.#key(partition, 'trail', order))
  }

  async close(): Promise<void> {
    this.#client.disconnect()
  }

  async #saveSlice(partition: number, saved: readonly Saved[]): Promise<void> {
    const keys = [this.#key(partition, 'begun')]
    const args: (string | number)[] = [TRACK_LIFE_MS, TRAIL_LIFE_MS, VOUCHED_LIFE_MS, TRAIL_MAX_POINTS]
    for (const { track, trail } of saved) {
      keys.push(this.#key(partition, 'track', track.orderId), this.#key(partition, 'trail', track.orderId))
      args.push(encodeTrack(track), track.assignment, trail.length)
      for (const point of trail) args.push(point.at, encodePoint(point))
    }
    this.#count()
    await SAVE.run(this.#client, keys, args)
  }

  /** The braces put all of a partition into one slot of a cluster. */
  #key(partition: number, kind: 'begun' | 'pace' | 'track' | 'trail', order?: string): string {
    const name = `zlt:{${partition}}:${this.deps.epoch()}:${kind}`
    return order === undefined ? name : `${name}:${order}`
  }

  #count(): void {
    this.deps.metrics.count('zlt_redis_commands_total', 1, 'snapshots')
  }
}

function slices(saved: readonly Saved[]): Saved[][] {
  const all: Saved[][] = []
  let points = 0
  for (const one of saved) {
    const last = all.at(-1)
    if (last === undefined || last.length === SLICE_ORDERS || points + one.trail.length > SLICE_POINTS) {
      all.push([one])
      points = one.trail.length
    } else {
      last.push(one)
      points += one.trail.length
    }
  }
  return all
}

/** The value, or the text itself: no track either, but one that its reader can refuse by itself. */
function decoded(value: string): unknown {
  try {
    return JSON.parse(value.slice(AT_DIGITS + 1))
  } catch {
    return value
  }
}
