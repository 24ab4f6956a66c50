/** The owner of partitions: folds their records, routes new positions to the hubs that watch, checkpoints behind. */

import type { Audience } from '../domain/audience'
import type { Order } from '../domain/order'
import type { RouteRequest } from '../domain/trip'
import type { OnError } from '../errors'
import type { Following, Log, StoredRecord } from '../ports/log'
import type { ToOwner } from '../ports/mail'
import type { RouteProvider } from '../ports/routes'
import type { Snapshots } from '../ports/snapshots'
import type { Tracing } from '../tracing'
import { Checkpoint } from './checkpoint'
import { Erasure } from './erasure'
import { FoldSpans } from './fold-spans'
import { Intake } from './intake'
import { Learning } from './learning'
import { ownerCounters } from './owner-counters'
import { Ownership } from './ownership'
import { Partition } from './partition'
import { PositionRouter, type RouterDeps } from './position-router'
import { RouteDesk } from './route-desk'
import { TrackLoader } from './track-loader'

/** Changed tracks are saved, then the offset is committed, this often: at most so much is folded again after a crash. */
const CHECKPOINT_MS = 10_000
/** A track nobody wrote or watched for this long leaves the memory. */
const IDLE_TRACK_MS = 10 * 60_000

export interface OwnerDeps extends RouterDeps {
  log: Log
  snapshots: Snapshots
  /** Who knows roads; without it ways are straight. */
  engine?: RouteProvider | undefined
  tracing?: Tracing | undefined
  onError: OnError
}

export class Owner {
  readonly #partitions = new Map<number, Partition>()
  readonly #router: PositionRouter
  readonly #desk: RouteDesk | undefined
  readonly #learning = new Map<number, Learning>()
  readonly #erasure: Erasure
  readonly #saver: Checkpoint
  readonly #intake: Intake
  readonly ownership: Ownership
  readonly #tracks: TrackLoader
  #following: Following | undefined
  #epoch = 0
  #timers: Timer[] = []
  #checkpoint: Promise<void> | undefined
  #leaving: Promise<void> | undefined

  constructor(private readonly deps: OwnerDeps) {
    this.#router = new PositionRouter(deps)
    this.#erasure = new Erasure(deps)
    this.#saver = new Checkpoint(deps)
    this.#intake = new Intake(deps)
    this.#tracks = new TrackLoader({
      ...deps,
      erasure: this.#erasure,
      hasLapsed: (track) => this.#router.hasLapsed(track),
    })
    this.ownership = new Ownership({ ...deps, router: this.#router, held: () => this.held() })
    this.#desk = deps.engine === undefined ? undefined : new RouteDesk(deps.engine, deps.metrics)
  }

  async start(): Promise<void> {
    const { log, orders, access, metrics } = this.deps
    metrics.gauge('zlt_tracks', () => this.#sum((partition) => partition.trackCount))
    metrics.gauge('zlt_records_set_aside', () => this.#sum((partition) => partition.asideCount))
    orders.onChange((id, order) => this.#orderChanged(id, order))
    this.#epoch = access.epoch
    access.onEpoch((epoch) => this.#epochChanged(epoch))
    this.#following = await log.follow('zlt-fanout', {
      assigned: (partition) => this.#assigned(partition),
      batch: (partition, records) => this.#batch(partition, records),
      unsettled: () => this.checkpoint(),
      revoked: (partition) => this.#revoked(partition),
    })
    this.#timers.push(
      setInterval(() => this.#tick(), 1_000),
      setInterval(() => void this.checkpoint(), CHECKPOINT_MS),
    )
  }

  /** The node cannot be reached, or is dead: nothing is sent to it until it announces again. */
  forgetNode(node: string): void {
    this.#router.watchers.keepOnly(node, () => true, new Set())
  }

  /** The partitions held here now. */
  held(): Iterable<number> {
    return this.#partitions.keys()
  }

  /** A dead process's partitions come to the living at once. */
  async evict(node: string): Promise<void> {
    try {
      await this.#following?.evict(node)
    } catch (error) {
      this.deps.onError(error, { stage: 'evict', node })
    }
  }

  /** What a hub says to the owner. */
  receive(from: string, message: ToOwner): void {
    if (message.type === 'unwatch') {
      this.#router.watchers.remove(message.order, from)
      return
    }
    const partition = message.type === 'watch' ? this.deps.log.partitionOf(message.order) : message.partition
    const owned = this.#partitions.get(partition)
    if (owned === undefined) {
      this.#router.send(from, { type: 'not_mine', partition })
      this.#router.flush()
      return
    }
    const orders = message.type === 'watch' ? [[message.order, message.audiences] as const] : message.orders
    if (message.type === 'announce') {
      const isIn = (order: string) => this.deps.log.partitionOf(order) === partition
      this.#router.watchers.keepOnly(from, isIn, new Set(orders.map(([order]) => order)))
    }
    // Taken at once: an unwatch or a loss of the partition while tracks are loaded must find them here.
    for (const [order, audiences] of orders) this.#router.watchers.add(order, from, audiences)
    void this.#answer(from, partition, owned, orders)
  }

  /** Saves all changed tracks, then commits. Called by timer, before a partition goes or may go, and at the end. */
  checkpoint(): Promise<void> {
    this.#checkpoint ??= this.#checkpointAll().finally(() => {
      this.#checkpoint = undefined
    })
    return this.#checkpoint
  }

  /** Gives its partitions back, each saved and committed; what it is asked from then on is not its own. */
  leave(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#leaving ??= this.#following?.close() ?? Promise.resolve()
    return this.#leaving
  }

  async close(): Promise<void> {
    await this.leave()
    await this.#desk?.close()
  }

  #assigned(partition: number): void {
    const { orders } = this.deps
    const hasEngine = this.#desk !== undefined
    const learning = new Learning(partition, this.deps)
    this.#learning.set(partition, learning)
    const owned: Partition = new Partition({
      ...ownerCounters(this.deps.metrics, this.deps.onError),
      onPoison: (reason, record) => this.#intake.foundPoison(partition, record, reason),
      order: (id) => orders.get(id),
      knowledge: () => ({ pace: learning.pace, hasEngine }),
      onRequest: (orderId, request) => void this.#ask(owned, orderId, request),
      onFinished: (trip) => learning.learn(trip),
    })
    this.#partitions.set(partition, owned)
    void learning.load()
    void this.ownership.announce(partition)
  }

  /** What the answer changes is shown with the next fix: its version is this one's. */
  async #ask(owned: Partition, orderId: string, request: RouteRequest): Promise<void> {
    try {
      await this.#desk?.ask(orderId, request, (line) => owned.takeRoute(orderId, request.plan, line))
    } catch (error) {
      this.deps.onError(error, { stage: 'route' })
    }
  }

  async #batch(partition: number, stored: readonly StoredRecord[]): Promise<void> {
    const owned = this.#partitions.get(partition)
    const last = stored.at(-1)
    if (owned === undefined || last === undefined) return
    const { tracing } = this.deps
    const spans = tracing === undefined ? undefined : new FoldSpans(tracing, stored)
    const records = this.#intake.read(partition, owned, stored)
    await this.#tracks.load(partition, owned, owned.unknownOf(records))
    const moved = owned.take(records, this.deps.now())
    owned.sawUpTo(last.at)
    this.deps.metrics.count('zlt_records_consumed_total', stored.length)
    for (const order of moved) this.#route(order, owned, spans?.traceparentOf(order))
    this.#router.flush()
    spans?.end(moved)
  }

  async #revoked(partition: number): Promise<void> {
    await this.checkpoint()
    const isIn = (order: string) => this.deps.log.partitionOf(order) === partition
    this.#partitions.delete(partition)
    // Hubs that took us for the owner ask again, if no other has told them yet.
    for (const node of this.#router.watchers.nodesOf(isIn)) this.#router.send(node, { type: 'not_mine', partition })
    this.#router.flush()
    this.#intake.drop(partition)
    this.#router.watchers.removePartition(isIn)
  }

  /** Offsets begin anew: what was folded of the former incarnation compares with nothing that comes. */
  #epochChanged(epoch: number): void {
    const former = this.#epoch
    this.#epoch = epoch
    if (former === 0) return
    for (const owned of this.#partitions.values()) owned.startOver()
  }

  /** Answers watches with what there is; positions that come while their tracks are loaded go out by themselves. */
  async #answer(
    from: string,
    partition: number,
    owned: Partition,
    orders: readonly (readonly [string, Audience[]])[],
  ): Promise<void> {
    await this.#tracks.load(
      partition,
      owned,
      orders.map(([order]) => order).filter((order) => !owned.track(order)),
    )
    // Who stopped watching meanwhile is not answered.
    for (const [order] of orders) {
      try {
        this.#router.answer(from, order, owned.track(order))
      } catch (error) {
        // Without an answer its viewers would wait for ever.
        owned.startAnew(order, error)
        this.#router.answer(from, order, owned.track(order))
      }
    }
    this.#router.flush()
  }

  #route(orderId: string, owned: Partition, trace?: string): void {
    const track = owned.track(orderId)
    if (track === undefined) return
    try {
      this.#router.route(track, trace)
    } catch (error) {
      owned.startAnew(orderId, error)
    }
  }

  #orderChanged(id: string, order: Order | undefined): void {
    const partition = this.deps.log.partitionOf(id)
    const owned = this.#partitions.get(partition)
    if (owned === undefined) return
    if (order === undefined) {
      owned.forget(id)
      void this.#erasure.drop(partition, id)
      return
    }
    owned.orderChanged(id, this.deps.now())
    this.#route(id, owned)
    this.#router.flush()
  }

  #tick(): void {
    this.#erasure.retry()
    this.#intake.retry()
    this.ownership.retry()
    for (const owned of this.#partitions.values()) {
      for (const order of owned.tick(this.deps.now())) this.#route(order, owned)
    }
    this.#router.flush()
  }

  async #checkpointAll(): Promise<void> {
    const startedMs = performance.now()
    for (const [partition, owned] of this.#partitions) {
      const commit = (at: number) => this.#following?.commit(partition, this.#intake.committable(partition, at))
      await this.#saver.save(partition, owned, commit)
      await this.#learning.get(partition)?.save()
      const idleBefore = this.deps.now() - IDLE_TRACK_MS
      owned.evict(
        (track) => this.#router.watchers.of(track.orderId) !== undefined || (track.last?.receivedMs ?? 0) > idleBefore,
      )
    }
    this.deps.metrics.observe('zlt_checkpoint_seconds', (performance.now() - startedMs) / 1000)
  }

  #sum(of: (partition: Partition) => number): number {
    let sum = 0
    for (const partition of this.#partitions.values()) sum += of(partition)
    return sum
  }
}
