/** The canary: fixes of no rider that go the way of all fixes, so that a way that has silently stopped is noticed. */

import { canaryId } from '../domain/id'
import { encodeRecord, OURS } from '../domain/location-record'
import type { OnError } from '../errors'
import type { Entry, Log } from '../ports/log'
import type { Hub } from './hub'
import { type Sink, Viewer } from './viewer'

const BEAT_MS = 3_000
/** A fix that the log has acknowledged and that was not shown after this long means that none is. */
export const SILENT_AFTER_MS = 10_000
const RIDER = 'zlt.canary'
/** Point Nemo, the place farthest from any land: the fold takes 0°/0° for a phone without a fix. */
const PLACE = { lat: -48.8767, lng: -123.3933 }

export interface CanaryDeps {
  log: Log
  hub: Hub
  /** The partitions held here now. */
  held(): Iterable<number>
  now(): number
  onError: OnError
}

interface Bird {
  partition: number
  orderId: string
  viewer: Viewer
  /** When the oldest fix was acknowledged that has not been shown; undefined when all were. */
  waitingSinceMs?: number | undefined
}

/**
 * One reserved order for each partition held here, vouched for and watched by this process itself: its fix passes the
 * log, the fold, the mail and the hub. No token can name it, so nobody else ever sees it.
 */
export class Canary {
  readonly #birds = new Map<number, Bird>()
  readonly #timer: Timer

  constructor(private readonly deps: CanaryDeps) {
    this.#timer = setInterval(() => void this.beat(), BEAT_MS)
  }

  /** Sends one fix through each partition. Never rejects. */
  async beat(): Promise<void> {
    const birds = this.#birdsOfHeld()
    if (birds.length === 0) return
    try {
      await this.deps.log.append(birds.map((bird) => this.#fixOf(bird)))
    } catch (error) {
      // The log says itself that it is away.
      this.deps.onError(error, { stage: 'canary' })
      return
    }
    for (const bird of birds) bird.waitingSinceMs ??= this.deps.now()
  }

  /** The partitions whose fixes do not arrive any more. */
  silent(): number[] {
    const beforeMs = this.deps.now() - SILENT_AFTER_MS
    const silent: number[] = []
    for (const { partition, waitingSinceMs } of this.#birds.values()) {
      if (waitingSinceMs !== undefined && waitingSinceMs < beforeMs) silent.push(partition)
    }
    return silent
  }

  close(): void {
    clearInterval(this.#timer)
    for (const { viewer } of this.#birds.values()) this.deps.hub.remove(viewer)
    this.#birds.clear()
  }

  #birdsOfHeld(): Bird[] {
    const held = new Set(this.deps.held())
    for (const [partition, { viewer }] of this.#birds) {
      if (held.has(partition)) continue
      this.deps.hub.remove(viewer)
      this.#birds.delete(partition)
    }
    for (const partition of held) if (!this.#birds.has(partition)) this.#birds.set(partition, this.#hatch(partition))
    return [...this.#birds.values()]
  }

  #hatch(partition: number): Bird {
    const { log, hub, now } = this.deps
    const orderId = canaryId(partition, (id) => log.partitionOf(id))
    const sink: Sink = {
      kind: 'stream',
      send(frame) {
        if ('position' in JSON.parse(frame)) bird.waitingSinceMs = undefined
        return 'sent'
      },
      ping() {},
      close() {},
    }
    const claims = { sub: RIDER, role: 'CUSTOMER' as const, orders: [orderId], exp: Number.MAX_SAFE_INTEGER }
    const bird: Bird = { partition, orderId, viewer: new Viewer(sink, claims, now()) }
    hub.watch(bird.viewer, orderId, 'customer')
    return bird
  }

  #fixOf({ orderId }: Bird): Entry {
    const nowMs = this.deps.now()
    const of = { partnerId: RIDER, orderId, assignment: 0, vouched: true, fixTimeMs: nowMs, receivedMs: nowMs }
    return { key: orderId, value: encodeRecord(PLACE, of), headers: OURS }
  }
}
