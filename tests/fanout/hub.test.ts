import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Claims } from '../../src/domain/audience.ts'
import { assignOrder, createOrder, hasEnded, moveOrder, type Order } from '../../src/domain/order.ts'
import type { OrderStatus } from '../../src/domain/view.ts'
import { Hub } from '../../src/fanout/hub.ts'
import { type Sink, Viewer } from '../../src/fanout/viewer.ts'
import { Metrics } from '../../src/metrics.ts'
import type { PositionMessage } from '../../src/ports/mail.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { type Frame, shownAt, viewOf } from '../support/viewer.ts'

const CUSTOMER: Claims = { sub: 'c1', role: 'CUSTOMER', exp: 4_000_000_000 }
const NOW_MS = 1_760_000_000_000

/** A peer whose readiness the test decides. */
class Peer {
  readonly frames: Frame[] = []
  closed: number | undefined
  outcome: 'sent' | 'queued' | 'dropped' = 'sent'
  /** Frames that came while earlier ones were waiting: each would be a queue. */
  queued = 0
  #waiting = false

  readonly sink: Sink = {
    kind: 'socket',
    send: (frame) => {
      if (this.#waiting) this.queued += 1
      if (this.outcome !== 'dropped') this.frames.push(JSON.parse(frame))
      this.#waiting = this.outcome !== 'sent'
      return this.outcome
    },
    ping() {},
    close: (code) => {
      this.closed = code
    },
  }

  drained(): void {
    this.#waiting = false
    this.outcome = 'sent'
  }
}

/** One hub with its tables, and an owner that projects as the real one does. */
class World {
  readonly orders = new OrderTable()
  readonly access = new AccessTable()
  readonly hub: Hub
  readonly mail: PositionMessage[] = []
  readonly places = new Map<string, { at: number; lat: number; assignment: number }>()
  #at = 0

  constructor() {
    this.access.apply('epoch', '1')
    const source = { watch: (id: string) => this.project(id), unwatch() {} }
    this.hub = new Hub({ orders: this.orders, access: this.access, source, metrics: new Metrics(), now: () => NOW_MS })
    this.orders.onChange((id) => this.project(id))
  }

  order(id: string): Order | undefined {
    return this.orders.get(id)
  }

  set(order: Order | 'illegal'): void {
    if (order === 'illegal') return
    const visible = !hasEnded(order) && order.assignment > 0
    this.orders.apply(order.id, JSON.stringify({ ...order, visible }))
  }

  fix(id: string): void {
    const order = this.order(id)
    if (order === undefined || order.assignment === 0 || hasEnded(order)) return
    this.#at += 1
    this.places.set(id, { at: this.#at, lat: this.#at / 1000, assignment: order.assignment })
    this.project(id)
  }

  /** What the owner says of the order now. */
  project(id: string): void {
    const order = this.order(id)
    const place = this.places.get(id)
    const shown = order !== undefined && place?.assignment === order.assignment && order.visible ? place : undefined
    const version = { at: shown?.at ?? -1, rev: order?.rev ?? 0, assignment: shown?.assignment ?? 0 }
    const json = shown === undefined ? null : JSON.stringify({ ...version, lat: shown.lat, lng: 0 })
    this.mail.push({
      type: 'position',
      order: id,
      audience: 'customer',
      epoch: this.access.epoch,
      ...version,
      receivedMs: NOW_MS,
      json,
    })
  }

  deliver(): void {
    const message = this.mail.shift()
    if (message !== undefined) this.hub.receive(message)
  }

  view(ids: string[], claims = CUSTOMER): { peer: Peer; viewer: Viewer } {
    const peer = new Peer()
    const viewer = new Viewer(peer.sink, claims, NOW_MS)
    this.hub.add(viewer)
    for (const id of ids) this.hub.watch(viewer, id, 'customer')
    return { peer, viewer }
  }
}

const IDS = ['a', 'b', 'c']
const order = (id: string, rev: number) => createOrder(id, { customer_id: 'c1' }, NOW_MS, rev)

const event = fc.oneof(
  fc.record({ kind: fc.constant('fix' as const), id: fc.constantFrom(...IDS) }),
  fc.record({ kind: fc.constant('deliver' as const) }),
  fc.record({
    kind: fc.constant('assign' as const),
    id: fc.constantFrom(...IDS),
    partner: fc.constantFrom('p1', 'p2'),
  }),
  fc.record({
    kind: fc.constant('move' as const),
    id: fc.constantFrom(...IDS),
    to: fc.constantFrom<OrderStatus>('picked_up', 'delivered', 'cancelled'),
  }),
  fc.record({ kind: fc.constant('forget' as const), id: fc.constantFrom(...IDS) }),
  fc.record({ kind: fc.constant('peer' as const), outcome: fc.constantFrom('queued' as const, 'dropped' as const) }),
  fc.record({ kind: fc.constant('drain' as const) }),
)

describe('one viewer, whatever its peer does', () => {
  test('ends with the truth: newest parts, every end once, nothing queued, nothing back', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const world = new World()
        for (const id of IDS) world.set(assignOrder(order(id, 0), 'p1', NOW_MS))
        const { peer, viewer } = world.view(IDS)
        const forgotten = new Set<string>()
        const drain = () => {
          peer.drained()
          if (viewer.blocked) world.hub.drained(viewer)
        }
        for (const step of events) {
          const now = 'id' in step ? world.order(step.id) : undefined
          if (step.kind === 'fix') world.fix(step.id)
          if (step.kind === 'deliver') world.deliver()
          if (step.kind === 'assign' && now) world.set(assignOrder(now, step.partner, NOW_MS))
          if (step.kind === 'move' && now) world.set(moveOrder(now, step.to, NOW_MS))
          if (step.kind === 'forget' && now) {
            forgotten.add(step.id)
            world.orders.apply(step.id, null)
          }
          if (step.kind === 'peer') peer.outcome = step.outcome
          if (step.kind === 'drain') drain()
        }
        drain()
        while (world.mail.length > 0) world.deliver()
        // A frame of the last round may have been the first that the peer did not take at once.
        drain()

        expect(peer.queued).toBe(0)
        for (const id of IDS) {
          const ends = peer.frames.filter(({ type, order_id }) => type === 'end' && order_id === id)
          const last = peer.frames.findLast(({ order_id }) => order_id === id)
          const truth = world.order(id)
          const seen = viewOf(peer.frames, id)
          const isOver = forgotten.has(id) || truth === undefined || hasEnded(truth)
          expect(ends.length).toBe(isOver ? 1 : 0)
          if (isOver) {
            expect(last?.type).toBe('end')
            continue
          }
          expect(seen?.order?.rev).toBe(truth.rev)
          const place = world.places.get(id)
          const isShown = place?.assignment === truth.assignment && truth.visible
          expect(shownAt(seen)).toBe(isShown ? `${place?.lat},0` : undefined)
          let newest = -1
          let assignment: number | undefined
          for (const { order_id, order, position } of peer.frames) {
            if (order_id !== id) continue
            assignment = order?.assignment ?? assignment
            if (position === undefined) continue
            // Not left to the page: a position of another assignment is not sent at all.
            expect(position.assignment).toBe(assignment)
            expect(position.at).toBeGreaterThanOrEqual(newest)
            newest = position.at
          }
        }
        expect(peer.closed).toBe(viewer.watches.size === 0 ? 4410 : undefined)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the end of access', () => {
  test('an order that is gone 30 min after its end is expired', () => {
    const world = new World()
    world.set(order('a', 0))
    const { peer } = world.view(['a'])
    const now = world.order('a') as Order
    world.orders.apply('a', JSON.stringify({ ...now, rev: now.rev + 1, gone: true, timeline: [] }))
    expect(peer.frames.at(-1)).toEqual({ type: 'end', order_id: 'a', reason: 'expired' })
    expect(peer.closed).toBe(4410)
  })

  test('an order that becomes another customer’s is revoked', () => {
    const world = new World()
    world.set(order('a', 0))
    const { peer } = world.view(['a'])
    const now = world.order('a') as Order
    world.orders.apply('a', JSON.stringify({ ...now, rev: now.rev + 1, customer_id: 'c2', drop: { lat: 1, lng: 2 } }))
    expect(peer.frames.at(-1)).toEqual({ type: 'end', order_id: 'a', reason: 'revoked' })
    expect(JSON.stringify(peer.frames)).not.toContain('"drop"')
  })

  test('a vouched order that is forgotten ends although the token could vouch again', () => {
    const world = new World()
    world.set(order('a', 0))
    const { peer } = world.view(['a'], { ...CUSTOMER, sub: 'x', orders: ['a'] })
    world.orders.apply('a', null)
    expect(peer.frames.at(-1)).toEqual({ type: 'end', order_id: 'a', reason: 'forgotten' })
  })
})

describe('waiting for a position', () => {
  test('ends with the one for whom it waits, not with another’s', async () => {
    const world = new World()
    world.set(assignOrder(order('a', 0), 'p1', NOW_MS))
    world.view(['a'])
    let isDone = false
    const waiting = world.hub.nextPosition('a', 'customer', 5_000).then(() => {
      isDone = true
    })
    const message = world.mail.shift() as PositionMessage
    world.hub.receive({ ...message, audience: 'ops' })
    await Promise.resolve()
    expect(isDone).toBe(false)
    world.hub.receive(message)
    await waiting
  })

  test('ends when its time is up', async () => {
    const world = new World()
    world.set(order('a', 0))
    world.view(['a'])
    await world.hub.nextPosition('a', 'customer', 10)
  })
})

describe('a new epoch', () => {
  test('replaces all that the viewer has, also positions with lower offsets', () => {
    const world = new World()
    world.set(assignOrder(order('a', 0), 'p1', NOW_MS))
    const { peer } = world.view(['a'])
    for (let i = 0; i < 5; i++) world.fix('a')
    while (world.mail.length > 0) world.deliver()
    expect(shownAt(viewOf(peer.frames, 'a'))).toBe('0.005,0')
    world.access.apply('epoch', '2')
    const now = world.order('a') as Order
    const version = { at: 1, rev: now.rev, assignment: now.assignment }
    const json = JSON.stringify({ ...version, lat: 9, lng: 9 })
    world.hub.receive({
      type: 'position',
      order: 'a',
      audience: 'customer',
      epoch: world.access.epoch,
      ...version,
      receivedMs: NOW_MS,
      json,
    })
    expect(shownAt(viewOf(peer.frames, 'a'))).toBe('9,9')
    expect(peer.frames.at(-1)?.epoch).toBe(2)
  })
})

describe('the line of a position', () => {
  const LINES = { r1: '{"id":"r1","polyline":"abc","precision":6}', r2: '{"id":"r2","polyline":"abd","precision":6}' }
  let at = 0

  /** A position that names a line, as an owner sends it: with the line when the node may not have it. */
  function named(world: World, routeId: 'r1' | 'r2' | undefined, withLine: boolean, again = false): PositionMessage {
    if (!again) at += 1
    const { rev, assignment } = world.order('a') as Order
    const version = { at, rev, assignment }
    const json = JSON.stringify({ ...version, lat: at / 1000, lng: 0, ...(routeId && { route_id: routeId }) })
    const line = { ...(routeId && { routeId }), ...(routeId && withLine && { routeJson: LINES[routeId] }) }
    return {
      type: 'position',
      order: 'a',
      audience: 'customer',
      epoch: world.access.epoch,
      ...version,
      receivedMs: NOW_MS,
      json,
      ...line,
    }
  }

  function open(): World {
    const world = new World()
    world.set(assignOrder(order('a', 0), 'p1', NOW_MS))
    return world
  }

  const routesOf = ({ frames }: Peer) => frames.flatMap(({ route }) => (route === undefined ? [] : [route.id]))

  /** No frame names a line that the peer was not given, with it or before. */
  function expectNamedOnlyWhatCame({ frames }: Peer): void {
    const come = new Set<string>()
    for (const { route, position } of frames) {
      if (route !== undefined) come.add(route.id)
      if (position?.route_id !== undefined) expect(come).toContain(position.route_id)
    }
  }

  test('goes to each viewer once, with the first position that names it, and again when it is another', () => {
    const world = open()
    const [first, second] = [world.view(['a']).peer, world.view(['a']).peer]
    const told: [routeId: 'r1' | 'r2' | undefined, withLine: boolean][] = [
      [undefined, false],
      ['r1', true],
      ['r1', false],
      [undefined, false],
      ['r1', false],
      ['r2', true],
      ['r2', false],
      ['r1', true],
    ]
    for (const [routeId, withLine] of told) world.hub.receive(named(world, routeId, withLine))
    for (const peer of [first, second]) {
      expect(routesOf(peer)).toEqual(['r1', 'r2', 'r1'])
      expectNamedOnlyWhatCame(peer)
      expect(peer.frames.filter(({ position }) => position).length).toBe(told.length)
      expect(viewOf(peer.frames, 'a')?.route).toEqual(JSON.parse(LINES.r1))
    }
  })

  test('goes to who comes later, and to who comes again, with what there is', () => {
    const world = open()
    const { viewer } = world.view(['a'])
    world.hub.receive(named(world, 'r1', true))
    const later = world.view(['a']).peer
    world.hub.remove(viewer)
    const again = world.view(['a']).peer
    for (const peer of [later, again]) {
      expect(routesOf(peer)).toEqual(['r1'])
      expectNamedOnlyWhatCame(peer)
    }
  })

  test('is not lost on a viewer that was slow, and only the newest goes out', () => {
    const world = open()
    const { peer, viewer } = world.view(['a'])
    peer.outcome = 'dropped'
    world.hub.receive(named(world, 'r1', true))
    world.hub.receive(named(world, 'r2', true))
    peer.drained()
    world.hub.drained(viewer)
    expect(routesOf(peer)).toEqual(['r2'])
    expectNamedOnlyWhatCame(peer)
  })

  test('that a frame did not carry, for the peer took none, goes out with the next', () => {
    const world = open()
    const { peer, viewer } = world.view(['a'])
    peer.outcome = 'dropped'
    world.hub.receive(named(world, 'r1', true))
    peer.drained()
    world.hub.drained(viewer)
    world.hub.receive(named(world, 'r1', false))
    expect(routesOf(peer)).toEqual(['r1'])
  })

  test('whose mail was lost is asked for, and goes out alone', () => {
    const world = open()
    const { peer } = world.view(['a'])
    const { mail } = world
    mail.length = 0
    world.hub.receive(named(world, 'r1', false))
    // The source was told to watch again; its answer is the same position, with the line.
    expect(mail.length).toBe(1)
    expect(routesOf(peer)).toEqual([])
    world.hub.receive(named(world, 'r1', true, true))
    expect(routesOf(peer)).toEqual(['r1'])
    expect(mail.length).toBe(1)
    expect(peer.frames.filter(({ position }) => position).length).toBe(1)
    expect(viewOf(peer.frames, 'a')?.route).toEqual(JSON.parse(LINES.r1))
  })

  test('never goes to a customer whose position does not name it, though an operator watches beside', () => {
    const world = open()
    const { peer } = world.view(['a'])
    world.hub.receive({ ...named(world, 'r1', true), audience: 'ops' })
    world.hub.receive(named(world, undefined, false, true))
    world.hub.receive(named(world, undefined, false))
    expect(world.view(['a']).peer.frames.length).toBeGreaterThan(0)
    expect(routesOf(peer)).toEqual([])
    expect(JSON.stringify(peer.frames)).not.toContain('r1')
  })

  test('comes again in a new epoch', () => {
    const world = open()
    const { peer } = world.view(['a'])
    world.hub.receive(named(world, 'r1', true))
    world.access.apply('epoch', '2')
    world.hub.receive(named(world, 'r1', true))
    expect(routesOf(peer)).toEqual(['r1', 'r1'])
    expect(viewOf(peer.frames, 'a')).toMatchObject({ epoch: 2, route: { id: 'r1' } })
  })

  test('is not sent under a position that may not be shown', () => {
    const world = open()
    const { peer } = world.view(['a'])
    const message = named(world, 'r1', true)
    world.set(assignOrder(world.order('a') as Order, 'p2', NOW_MS + 1_000))
    world.hub.receive(message)
    expect(routesOf(peer)).toEqual([])
  })
})
