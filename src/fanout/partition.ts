/** One partition in its owner's hands: tracks folded in memory, records set aside, and what the next checkpoint saves. */

import { type LocationRecord, type PoisonReason, parseRecord } from '../domain/location-record'
import type { Order } from '../domain/order'
import { alignTrack, countDrop, type DropCode, emptyTrack, fold, type Track, type TrailPoint } from '../domain/track'
import type { StoredRecord } from '../ports/log'
import type { Saved } from '../ports/snapshots'

/** So many records of one order wait for their assignment; beyond, the oldest goes. */
export const MAX_ASIDE = 8
/** A table that does not know an assignment after this long never will. */
export const ASIDE_MAX_AGE_MS = 5_000

/** What the partition asks of the facts, and what it reports. Nothing in here waits. */
export interface PartitionDeps {
  order(id: string): Order | undefined
  onDrop(code: DropCode): void
  onPoison(reason: PoisonReason, record: StoredRecord): void
  onPosition(): void
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
  #lastAt = 0

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

  /** Folds records in their order. @returns the orders whose position changed */
  take(records: readonly ReadRecord[], nowMs: number): Set<string> {
    const moved = new Set<string>()
    for (const { record, at } of records) {
      const waiting = this.#aside.get(record.order_id)
      // Behind a record that waits, all later ones of its order wait too: offsets must not overtake each other.
      if (waiting !== undefined) this.#setAside(record, at, nowMs)
      else if (this.#fold(record, at, nowMs)) moved.add(record.order_id)
    }
    return moved
  }

  /** The offset that all records up to have been seen; with `committable` the one a crash may go on from. */
  sawUpTo(at: number): void {
    if (at > this.#lastAt) this.#lastAt = at
  }

  /** Everything up to here is folded and, once `unsaved` is saved, need not come again. 0: nothing yet. */
  get committable(): number {
    let floor = this.#lastAt
    for (const [first] of this.#aside.values()) if (first !== undefined) floor = Math.min(floor, first.at - 1)
    return floor
  }

  /** The order's facts changed: folds what waited for that. @returns whether its position changed */
  orderChanged(orderId: string, nowMs: number): boolean {
    const order = this.deps.order(orderId)
    const track = this.#tracks.get(orderId)
    if (order !== undefined && track !== undefined) this.#tracks.set(orderId, alignTrack(track, order))
    const queue = this.#aside.get(orderId)
    if (queue === undefined) return false
    this.#aside.delete(orderId)
    let moved = false
    for (const { record, at, sinceMs } of queue) {
      if (this.#aside.has(orderId)) this.#setAside(record, at, sinceMs)
      else if (this.#fold(record, at, nowMs)) moved = true
    }
    return moved
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
    for (const [orderId, queue] of this.#aside) {
      const kept = queue.filter(({ sinceMs }) => nowMs - sinceMs < ASIDE_MAX_AGE_MS)
      if (kept.length === queue.length) continue
      for (let i = kept.length; i < queue.length; i++) this.#giveUp(orderId)
      if (kept.length === 0) this.#aside.delete(orderId)
      else this.#aside.set(orderId, kept)
      if (this.orderChanged(orderId, nowMs)) moved.add(orderId)
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
      this.#unsaved.set(track.orderId, [...trail, ...(this.#unsaved.get(track.orderId) ?? [])])
    }
  }

  /** Lets tracks go that are saved and not needed in memory. */
  evict(isNeeded: (track: Track) => boolean): void {
    for (const [orderId, track] of this.#tracks) {
      if (!this.#unsaved.has(orderId) && !this.#aside.has(orderId) && !isNeeded(track)) this.#tracks.delete(orderId)
    }
  }

  #fold(record: LocationRecord, at: number, nowMs: number): boolean {
    const orderId = record.order_id
    const before = this.#tracks.get(orderId) ?? emptyTrack(orderId)
    const folded = fold(before, this.deps.order(orderId), record, at)
    if (folded.kind === 'seen') return false
    if (folded.kind === 'set_aside') {
      this.#setAside(record, at, nowMs)
      return false
    }
    this.#tracks.set(orderId, folded.track)
    const trail = this.#unsaved.get(orderId)
    if (trail === undefined) this.#unsaved.set(orderId, folded.trail === undefined ? [] : [folded.trail])
    else if (folded.trail !== undefined) trail.push(folded.trail)
    if (folded.kind === 'position') {
      this.deps.onPosition()
      return true
    }
    this.deps.onDrop(folded.code)
    return false
  }

  #setAside(record: LocationRecord, at: number, sinceMs: number): void {
    const queue = this.#aside.get(record.order_id) ?? []
    this.#aside.set(record.order_id, queue)
    queue.push({ record, at, sinceMs })
    if (queue.length <= MAX_ASIDE) return
    queue.shift()
    this.#giveUp(record.order_id)
  }

  #giveUp(orderId: string): void {
    const track = this.#tracks.get(orderId)
    if (track !== undefined) this.#tracks.set(orderId, countDrop(track, 'assignment_unknown'))
    this.deps.onDrop('assignment_unknown')
  }
}
