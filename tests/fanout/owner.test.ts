import { describe, expect, test } from 'bun:test'
import { encodeRecord, OURS } from '../../src/domain/location-record.ts'
import { assignOrder, createOrder } from '../../src/domain/order.ts'
import type { Track } from '../../src/domain/track.ts'
import { Owner } from '../../src/fanout/owner.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Follower, Log } from '../../src/ports/log.ts'
import type { Mail, Message, PositionMessage } from '../../src/ports/mail.ts'
import type { Snapshots } from '../../src/ports/snapshots.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'

/** An owner of one partition whose mail, log and snapshots the test holds in its hands. */
async function openOwner() {
  const sent: { to: string; message: Message }[] = []
  let follower: Follower | undefined
  let loaded: () => void = () => {}
  const loading = new Promise<void>((resolve) => {
    loaded = resolve
  })
  const orders = new OrderTable()
  const nowMs = Date.now()
  for (const id of ['a', 'b']) {
    const order = assignOrder(createOrder(id, {}, nowMs - 5_000), 'p', nowMs - 4_000)
    orders.apply(id, JSON.stringify({ ...(order as object), visible: true }))
  }
  const log = {
    partitionOf: () => 0,
    async follow(_group: string, given: Follower) {
      follower = given
      return { commit: async () => {}, close: async () => {} }
    },
  } as unknown as Log
  const mail = {
    send: (to: string, messages: readonly Message[]) => sent.push(...messages.map((message) => ({ to, message }))),
    claim: async () => {},
    nodes: async () => [],
  } as unknown as Mail
  const snapshots = {
    loadPace: async () => undefined,
    async load() {
      await loading
      return new Map<string, Track>()
    },
    save: async () => {},
  } as unknown as Snapshots
  const onError = (error: unknown) => {
    throw error
  }
  const owner = new Owner({
    log,
    mail,
    snapshots,
    orders,
    access: new AccessTable(),
    metrics: new Metrics(),
    onError,
    now: Date.now,
  })
  await owner.start()
  follower?.assigned(0)
  let at = 0
  return {
    owner,
    sent,
    loaded,
    async fix(id: string): Promise<void> {
      at += 1
      const order = orders.get(id)
      const fix = { lat: 1 + at / 1e5, lng: 1 }
      const of = { partnerId: 'p', orderId: id, assignment: order?.assignment ?? 0, vouched: false }
      const value = encodeRecord(fix, { ...of, fixTimeMs: Date.now(), receivedMs: Date.now() })
      await follower?.batch(0, [{ at, key: id, value, headers: OURS, appendedMs: Date.now() }])
    },
    positionsTo: (node: string, id: string) =>
      sent
        .filter(({ to, message }) => to === node && message.type === 'position' && message.order === id)
        .map(({ message }) => message as PositionMessage),
    assign: () => follower?.assigned(0),
    revoke: () => follower?.revoked(0),
  }
}

const watch = (order: string) => ({ type: 'watch' as const, order, audiences: ['customer' as const] })

describe('an owner', () => {
  test('answers a watch, and sends what comes while it loads the track', async () => {
    const { owner, loaded, fix, positionsTo } = await openOwner()
    owner.receive('hub', watch('a'))
    const folded = fix('a')
    loaded()
    await folded
    await Bun.sleep(0)
    expect(positionsTo('hub', 'a').at(-1)?.json).toContain('"lat"')
    await owner.close()
  })

  test('an unwatch while the track is loaded takes the watch away', async () => {
    const { owner, loaded, fix, positionsTo } = await openOwner()
    owner.receive('hub', watch('a'))
    owner.receive('hub', { type: 'unwatch', order: 'a' })
    loaded()
    await Bun.sleep(0)
    const before = positionsTo('hub', 'a').length
    await fix('a')
    expect(positionsTo('hub', 'a').length).toBe(before)
    await owner.close()
  })

  test('an announcement replaces what the hub watched, and no other hub’s', async () => {
    const { owner, loaded, fix, positionsTo } = await openOwner()
    loaded()
    for (const id of ['a', 'b']) for (const node of ['hub', 'other']) owner.receive(node, watch(id))
    owner.receive('hub', { type: 'announce', partition: 0, orders: [['b', ['customer']]] })
    await Bun.sleep(0)
    const before = positionsTo('hub', 'a').length
    await fix('a')
    await fix('b')
    expect(positionsTo('hub', 'a').length).toBe(before)
    expect(positionsTo('hub', 'b').at(-1)?.json).toContain('"lat"')
    expect(positionsTo('other', 'a').at(-1)?.json).toContain('"lat"')
    owner.receive('hub', { type: 'announce', partition: 0, orders: [] })
    const last = positionsTo('hub', 'b').length
    await fix('b')
    expect(positionsTo('hub', 'b').length).toBe(last)
    await owner.close()
  })

  test('a partition lost while a track is loaded keeps no watch of before', async () => {
    const { owner, loaded, sent, fix, positionsTo, assign, revoke } = await openOwner()
    owner.receive('hub', watch('a'))
    await revoke()
    loaded()
    await Bun.sleep(0)
    owner.receive('hub', watch('b'))
    expect(sent.at(-1)?.message).toEqual({ type: 'not_mine', partition: 0 })
    assign()
    const before = positionsTo('hub', 'a').length
    await fix('a')
    expect(positionsTo('hub', 'a').length).toBe(before)
    await owner.close()
  })
})
