/** The whole system in one thread, every wait of it a step that a test may take now, later or never. */

import { correctTimes } from '../../../src/domain/fix-times'
import { destination } from '../../../src/domain/geo'
import { encodeRecord, type LocationRecord, OURS } from '../../../src/domain/location-record'
import type { Track } from '../../../src/domain/track'
import { OrderResolver } from '../../../src/ingest/resolve-orders'
import type { StoredRecord } from '../../../src/ports/log'
import { T0 } from '../rider'
import { Engine } from './engine'
import { Facts, Tail } from './facts'
import { Node } from './node'
import { ModelOwner } from './owner'
import { Page } from './page'
import { onTheWay } from './places'
import { Post } from './post'
import type { Seams } from './seams'

export const ORDERS = ['o1', 'o2'] as const
/** Each rider's clock is off by this, within what the gates bear. */
export const RIDERS = { r1: 0, r2: -8_000 } as const
export type Rider = keyof typeof RIDERS
export const FIX_KINDS = ['clean', 'late', 'wild', 'blurred'] as const
export type FixKind = (typeof FIX_KINDS)[number]

export class World {
  nowMs = T0
  epoch = 1
  committed = 0
  readonly facts = new Facts()
  readonly log: StoredRecord[] = []
  readonly ingests = [new Tail(this.facts), new Tail(this.facts)]
  readonly post = new Post((id) => this.nodes.find((node) => node.id === id))
  readonly engine = new Engine()
  readonly pages: Page[] = []
  /** Orders of which some owner gave up a record, and how long the log was then. */
  readonly gaveUp = new Map<string, number>()
  readonly kinds = new Map<string, FixKind>()
  nodes: Node[] = []
  owner: ModelOwner | undefined
  claimedBy: string | undefined
  /** Owners that lost the partition without noticing, each with its node. */
  sleepers: ModelOwner[] = []
  readonly #saved = new Map<string, string>()
  readonly #records = new Map<string, LocationRecord>()
  readonly #ownerAt = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  #nodeCount = 0
  #ownerCount = 0
  #fixCount = 0

  constructor(readonly seams: Seams) {
    this.facts.register('o1', this.nowMs)
    this.facts.assign('o1', 'r1', this.nowMs)
    this.facts.publish(0, false)
    for (const ingest of this.ingests) ingest.read(1)
    for (let i = 0; i < 3; i++) this.nodes.push(this.#newNode())
  }

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  recordOf(orderId: string, fixId: string): LocationRecord | undefined {
    return this.#records.get(`${orderId} ${fixId}`)
  }

  recordsOf(orderId: string): LocationRecord[] {
    return this.log.map(({ value }) => JSON.parse(value ?? '') as LocationRecord).filter((r) => r.order_id === orderId)
  }

  /** A rider's phone sends one fix by one of the ingest nodes, which stamps it from its own table. */
  sendFix(
    rider: Rider,
    ingest: Tail,
    kind: FixKind,
    named: { orderId?: string; scoped?: boolean; foreign?: boolean },
  ): void {
    this.#fixCount += 1
    const seconds = (this.nowMs - T0) / 1000
    const place = onTheWay(rider, seconds * 10)
    const { lat, lng } = kind === 'wild' ? destination(place, 90, 90_000) : place
    const id = `${rider}.${this.#fixCount}`
    const device_time_ms = this.nowMs + RIDERS[rider] - (kind === 'late' ? 20_000 : 0)
    const fix = { lat, lng, id, device_time_ms, accuracy_m: kind === 'blurred' ? 900 : 8 }
    this.kinds.set(id, kind)
    const claims = {
      sub: rider,
      role: 'DELIVERY_PARTNER' as const,
      exp: 4e9,
      ...(named.scoped === true && { orders: ORDERS }),
    }
    const targets = new OrderResolver(ingest.table).resolve(claims, named.orderId)
    if (targets === 'not_yours') return
    for (const { orderId, assignment, vouched } of targets) {
      const fixTimeMs = correctTimes([device_time_ms], this.nowMs).fixTimesMs[0] ?? this.nowMs
      const of = { partnerId: rider, orderId, assignment, vouched, fixTimeMs, receivedMs: this.nowMs }
      const record = JSON.parse(encodeRecord(fix, of)) as LocationRecord
      const isForeign = named.foreign === true && !vouched
      if (isForeign) delete record.assignment
      this.#records.set(`${orderId} ${id}`, record)
      const headers = isForeign ? {} : OURS
      const at = this.log.length + 1
      this.log.push({ at, key: orderId, value: JSON.stringify(record), headers, appendedMs: this.nowMs })
    }
  }

  commit(at: number): void {
    if (at > this.committed) this.committed = at
  }

  save(track: Track): void {
    const held = this.load(track.orderId)
    if (held === undefined || this.seams.replaces(held, track)) this.#saved.set(track.orderId, JSON.stringify(track))
  }

  load(orderId: string): Track | undefined {
    const saved = this.#saved.get(orderId)
    return saved === undefined ? undefined : (JSON.parse(saved) as Track)
  }

  /** The partition gets a new owner. What becomes of the old one: it is gone, it leaves in order, or it never notices. */
  changeOwner(node: Node, old: 'crashes' | 'leaves' | 'sleeps'): void {
    const before = this.nodes.find(({ owner }) => owner !== undefined && owner === this.owner)
    if (before !== undefined && this.owner !== undefined) {
      if (old === 'leaves') this.owner.checkpoint(false)
      if (old === 'sleeps' && before !== node) this.sleepers.push(this.owner)
      else before.owner = undefined
    }
    if (node.owner !== undefined) this.sleepers = this.sleepers.filter((sleeper) => sleeper !== node.owner)
    this.#ownerCount += 1
    this.claimedBy = node.id
    this.#ownerAt.set(node.id, this.#ownerCount)
    this.owner = node.owner = new ModelOwner(this, node, this.#ownerCount)
  }

  epochOfOwnerAt(nodeId: string): number {
    return this.seams.epochOf(this.#ownerAt.get(nodeId) ?? 1)
  }

  /** Those who did not notice are told at last. */
  wakeSleepers(): void {
    for (const node of this.nodes) if (node.owner !== this.owner) node.owner = undefined
    this.sleepers = []
  }

  /** A process dies with all its sockets, and a new one starts in its place under a new name. */
  crash(node: Node): void {
    if (node.owner !== undefined && node.owner === this.owner) this.owner = undefined
    this.sleepers = this.sleepers.filter((sleeper) => sleeper !== node.owner)
    for (const page of [...node.pages]) node.close(page)
    node.owner = undefined
    this.post.drop(node.id)
    this.nodes = this.nodes.map((one) => (one === node ? this.#newNode() : one))
  }

  openPage(node: Node, orderId: string, audience: 'customer' | 'ops'): Page | undefined {
    const page = new Page(this, orderId, audience)
    if (!node.open(page)) return undefined
    this.pages.push(page)
    return page
  }

  #newNode(): Node {
    this.#nodeCount += 1
    return new Node(this, `n${this.#nodeCount}`)
  }
}
