/** One partition in its owner's hands: tracks folded in memory, records set aside, and what the next checkpoint saves. */

import { type Folded, fold } from '../domain/fold'
import { isReserved } from '../domain/id'
import { type LocationRecord, type PoisonReason, parseRecord } from '../domain/location-record'
import type { Order } from '../domain/order'
import type { FinishedTrip } from '../domain/pace'
import type { RouteInput } from '../domain/route'
import { alignTrack, countDrop, type DropCode, emptyTrack, type Track, type TrailPoint } from '../domain/track'
import { type Knowledge, NO_KNOWLEDGE, type RouteRequest, takeRoute } from '../domain/trip'
import type { StoredRecord } from '../ports/log'
import { type Saved, TRAIL_MAX_POINTS } from '../ports/snapshots'

/** So many records of one order wait for their assignment; beyond, the oldest goes. */
export const MAX_ASIDE = 8
/** A table that does not know an assignment after this long never will. */
export const ASIDE_MAX_AGE_MS = 5_000

/**
 * So many points of one order wait for the next save. Beyond, every second one goes; more than a kept trail may have are
 * left, so that the save thins it and says so.
 */
const MAX_UNSAVED_POINTS = 2 * TRAIL_MAX_POINTS

/** What the partition asks of the facts, and what it reports. Nothing in here waits. */
export interface PartitionDeps {
  order(id: string): Order | undefined
  onDrop(code: DropCode): void
  onPoison(reason: PoisonReason, record: StoredRecord): void
  onPosition(): void
  /** What was known of an order could not be worked with; it has been started anew. */
  onBroken(orderId: string, error: unknown): void
  /** What the fold may know besides facts and records. */
  knowledge?(): Knowledge
  /** A way is wanted; the answer comes back by `takeRoute`. */
  onRequest?(orderId: string, request: RouteRequest): void
  onFinished?(trip: FinishedTrip): void
}

interface Aside {
  record: LocationRecord
  at: number
  sinceMs: number
}

/** A record as read: of which order, and what it says. */
export interface ReadRecord {
  at: number
  record: LocationRecord
}

export class Partition {
  readonly #tracks = new Map<string, Track>()
  readonly #aside = new Map<string, Aside[]>()
  /** Orders changed since the last checkpoint, with their new trail points. */
  readonly #unsaved = new Map<string, TrailPoint[]>()
  #lastAt = -1

  constructor(private readonly deps: PartitionDeps) {}

  get trackCount(): number {
    return this.#tracks.size
  }

  get asideCount(): number {
    let count = 0
    for (const queue of this.#aside.values()) count += queue.length
    return count
  }

  track(orderId: string): Track | undefined {
    return this.#tracks.get(orderId)
  }

  /** Reads stored records; what cannot be read is reported and skipped, and its offset moves on all the same. */
  read(records: readonly StoredRecord[]): ReadRecord[] {
    const read: ReadRecord[] = []
    for (const stored of records) {
      const record = parseRecord(stored.value, stored.headers.zlt === '1', stored.appendedMs)
      if (typeof record === 'string') this.deps.onPoison(record, stored)
      else read.push({ at: stored.at, record })
    }
    return read
  }

  /** The orders whose track is not in memory: load them before `take`. */
  unknownOf(records: readonly ReadRecord[]): string[] {
    const unknown = new Set<string>()
    for (const { record } of records) if (!this.#tracks.has(record.order_id)) unknown.add(record.order_id)
    return [...unknown]
  }

  /** Puts a loaded track in place; one already here is newer. */
  restore(track: Track): void {
    if (!this.#tracks.has(track.orderId)) this.#tracks.set(track.orderId, track)
  }

  /** Starts an order anew whose track cannot be worked with; its assignment stays, so no former rider comes back. */
  startAnew(orderId: string, error: unknown): void {
    const { assignment = 0 } = this.#tracks.get(orderId) ?? {}
    this.#tracks.set(orderId, alignTrack(emptyTrack(orderId), assignment))
    this.deps.onBroken(orderId, error)
  }

  /** Folds records in their order. @returns the orders whose position changed */
  take(records: readonly ReadRecord[], nowMs: number): Set<string> {
    const moved = new Set<string>()
    for (const { record, at } of records) {
      const orderId = record.order_id
      const queue = this.#aside.get(orderId)
      if (queue === undefined) {
        const kind = this.#fold(record, at)
        if (kind === 'position') moved.add(orderId)
        if (kind === 'set_aside') this.#aside.set(orderId, [{ record, at, sinceMs: nowMs }])
        continue
      }
      // Behind a record that waits, all later ones of its order wait too: offsets must not overtake each other.
      queue.push({ record, at, sinceMs: nowMs })
      if (queue.length > MAX_ASIDE && this.#foldWaiting(orderId, nowMs)) moved.add(orderId)
    }
    return moved
  }

  /** The offset that all records up to have been seen; with `committable` the one a crash may go on from. */
  sawUpTo(at: number): void {
    if (at > this.#lastAt) this.#lastAt = at
  }

  /** Everything up to here is folded and, once `unsaved` is saved, need not come again. −1: nothing yet. */
  get committable(): number {
    let floor = this.#lastAt
    for (const [first] of this.#aside.values()) if (first !== undefined) floor = Math.min(floor, first.at - 1)
    return floor
  }

  /** The order's facts changed: folds what waited for that. @returns whether its position changed */
  orderChanged(orderId: string, nowMs: number): boolean {
    const order = this.deps.order(orderId)
    const track = this.#tracks.get(orderId)
    if (order !== undefined && track !== undefined) this.#tracks.set(orderId, alignTrack(track, order.assignment))
    return this.#foldWaiting(orderId, nowMs)
  }

  /** Puts an engine's answer under an order's trip, unless its plan has changed meanwhile. @returns whether it was put */
  takeRoute(orderId: string, plan: string, line: RouteInput): boolean {
    const track = this.#tracks.get(orderId)
    const order = this.deps.order(orderId)
    if (track?.trip === undefined || track.last === undefined || order === undefined) return false
    const trip = takeRoute(track.trip, plan, line, order, track.last, this.deps.knowledge?.() ?? NO_KNOWLEDGE)
    if (trip === track.trip) return false
    this.#keep({ ...track, trip })
    return true
  }

  /** Forgets all that was folded; it is loaded, or folded, anew. */
  startOver(): void {
    for (const held of [this.#tracks, this.#aside, this.#unsaved]) held.clear()
    this.#lastAt = -1
  }

  /** Forgets an order at once; nothing of it is saved any more. */
  forget(orderId: string): void {
    this.#tracks.delete(orderId)
    this.#aside.delete(orderId)
    this.#unsaved.delete(orderId)
  }

  /** Gives up on records that waited too long, then folds what waited behind them. @returns orders that moved */
  tick(nowMs: number): Set<string> {
    const moved = new Set<string>()
    for (const [orderId, [first]] of this.#aside) {
      if (first !== undefined && isTooOld(first, nowMs) && this.#foldWaiting(orderId, nowMs)) moved.add(orderId)
    }
    return moved
  }

  /** Takes out what must be saved, at most `limit` orders; put it back with `unsave` when saving fails. */
  takeUnsaved(limit: number): Saved[] {
    const saved: Saved[] = []
    for (const [orderId, trail] of this.#unsaved) {
      if (saved.length >= limit) break
      this.#unsaved.delete(orderId)
      const track = this.#tracks.get(orderId)
      if (track !== undefined) saved.push({ track, trail })
    }
    return saved
  }

  unsave(saved: readonly Saved[]): void {
    for (const { track, trail } of saved) {
      if (!this.#tracks.has(track.orderId)) continue
      this.#unsaved.set(track.orderId, bounded([...trail, ...(this.#unsaved.get(track.orderId) ?? [])]))
    }
  }

  /** Lets tracks go that are saved and not needed in memory. */
  evict(isNeeded: (track: Track) => boolean): void {
    for (const [orderId, track] of this.#tracks) {
      if (!this.#unsaved.has(orderId) && !this.#aside.has(orderId) && !isNeeded(track)) this.#tracks.delete(orderId)
    }
  }

  #fold(record: LocationRecord, at: number): Folded['kind'] {
    const orderId = record.order_id
    const folded = this.#folded(record, at)
    if (folded.kind === 'seen' || folded.kind === 'set_aside') return folded.kind
    this.#keep(folded.track)
    if (folded.trail !== undefined) this.#addUnsaved(orderId, folded.trail)
    if (folded.kind === 'position') {
      this.deps.onPosition()
      if (folded.request !== undefined) this.deps.onRequest?.(orderId, folded.request)
      if (folded.finished !== undefined) this.deps.onFinished?.(folded.finished)
    } else this.deps.onDrop(folded.code)
    return folded.kind
  }

  /** A track of another version, or of a bad disk, must not cost the other orders of its batch their positions. */
  #folded(record: LocationRecord, at: number): Folded {
    const orderId = record.order_id
    const foldNow = () => {
      const before = this.#tracks.get(orderId) ?? emptyTrack(orderId)
      return fold(before, this.deps.order(orderId), record, at, this.deps.knowledge?.())
    }
    try {
      return foldNow()
    } catch (error) {
      this.startAnew(orderId, error)
      return foldNow()
    }
  }

  #keep(track: Track): void {
    this.#tracks.set(track.orderId, track)
    if (!this.#unsaved.has(track.orderId)) this.#unsaved.set(track.orderId, [])
  }

  #addUnsaved(orderId: string, point: TrailPoint): void {
    // The canary stands still for ever.
    if (isReserved(orderId)) return
    const trail = this.#unsaved.get(orderId)
    trail?.push(point)
    if (trail !== undefined && trail.length > MAX_UNSAVED_POINTS) this.#unsaved.set(orderId, bounded(trail))
  }

  /** Folds what waits, up to the first that must wait on. @returns whether the position changed */
  #foldWaiting(orderId: string, nowMs: number): boolean {
    const queue = this.#aside.get(orderId)
    if (queue === undefined) return false
    let moved = false
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const kind = this.#fold(first.record, first.at)
      if (kind === 'set_aside') {
        if (queue.length <= MAX_ASIDE && !isTooOld(first, nowMs)) return moved
        this.#giveUp(first.record)
      }
      if (kind === 'position') moved = true
      queue.shift()
    }
    this.#aside.delete(orderId)
    return moved
  }

  /** The table never named this assignment, but it is real: whoever had the order before has it no more. */
  #giveUp(record: LocationRecord): void {
    const track = this.#tracks.get(record.order_id) ?? emptyTrack(record.order_id)
    this.#keep(countDrop(alignTrack(track, record.assignment ?? 0), 'assignment_unknown'))
    this.deps.onDrop('assignment_unknown')
  }
}

/** At most `MAX_UNSAVED_POINTS`, the newest kept. */
function bounded(trail: TrailPoint[]): TrailPoint[] {
  let kept = trail
  while (kept.length > MAX_UNSAVED_POINTS) {
    const isKept = (kept.length - 1) % 2
    kept = kept.filter((_, i) => i % 2 === isKept)
  }
  return kept
}

function isTooOld({ sinceMs }: Aside, nowMs: number): boolean {
  return nowMs - sinceMs >= ASIDE_MAX_AGE_MS
}
