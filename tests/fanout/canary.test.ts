import { afterEach, expect, test } from 'bun:test'
import { LoopbackMail } from '../../src/adapters/embedded/mail.ts'
import { isReserved } from '../../src/domain/id.ts'
import { Canary, SILENT_AFTER_MS } from '../../src/fanout/canary.ts'
import { Hub } from '../../src/fanout/hub.ts'
import { MailRoom } from '../../src/fanout/mail-room.ts'
import { Owner } from '../../src/fanout/owner.ts'
import { Metrics } from '../../src/metrics.ts'
import type { Inbox, Mail } from '../../src/ports/mail.ts'
import { AccessTable } from '../../src/tables/access.ts'
import { OrderTable } from '../../src/tables/orders.ts'
import { openEmbedded } from '../adapters/embedded/open-embedded.ts'
import { until } from '../support/until.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A node whose mail can be broken in silence. */
async function node() {
  const { first, cleanup } = await openEmbedded()
  closers.push(cleanup)
  const onError = (error: unknown) => {
    throw error
  }
  const post = new LoopbackMail(onError)
  const broken = { mail: false }
  const mail: Mail = {
    self: post.self,
    send: (to, messages) => post.send(to, messages),
    open: (inbox: Inbox) =>
      post.open({
        receive: (from, messages) => {
          if (!broken.mail) inbox.receive(from, messages)
        },
        gap: (from) => inbox.gap(from),
        absent: (gone) => inbox.absent(gone),
        expired: (dead) => inbox.expired(dead),
        emptied: (slept) => inbox.emptied(slept),
      }),
    nodes: () => post.nodes(),
    claim: (partition) => post.claim(partition),
    ownerOf: (partition) => post.ownerOf(partition),
    health: () => post.health(),
    close: () => post.close(),
  }
  const clock = { nowMs: Date.now() }
  const now = () => clock.nowMs
  const tables = { orders: new OrderTable(), access: new AccessTable(), metrics: new Metrics() }
  const deps = { ...tables, log: first.log, mail, snapshots: first.snapshots, onError, now }
  const room = new MailRoom(mail, first.log, onError)
  const hub = new Hub({ ...tables, source: room, now })
  const owner = new Owner(deps)
  await room.open(hub, owner)
  await owner.start()
  const canary = new Canary({ log: first.log, hub, held: () => owner.held(), now, onError })
  closers.push(
    () => owner.close(),
    () => room.close(),
    () => canary.close(),
  )
  return { canary, hub, owner, clock, broken, snapshots: first.snapshots }
}

test('sings while fixes arrive, and falls silent when they do not, until they do again', async () => {
  const { canary, clock, broken, hub } = await node()
  const watched = () => hub.watched().map(([order]) => order)
  for (let beat = 0; beat < 10; beat++) {
    await canary.beat()
    await until(() => hub.position(watched()[0] ?? '', 'customer')?.receivedMs === clock.nowMs, 'the fix')
    clock.nowMs += 2_000
    expect(canary.silent()).toEqual([])
  }
  broken.mail = true
  await canary.beat()
  clock.nowMs += SILENT_AFTER_MS
  expect(canary.silent()).toEqual([])
  clock.nowMs += 1
  expect(canary.silent()).toEqual([0])
  broken.mail = false
  await canary.beat()
  await until(() => canary.silent().length === 0, 'the song')
  expect(watched().every(isReserved)).toBe(true)
})

test('leaves no trail and no watch behind', async () => {
  const { canary, owner, hub, snapshots } = await node()
  await canary.beat()
  const id = hub.watched()[0]?.[0] ?? ''
  await until(() => hub.position(id, 'customer')?.json != null, 'the fix')
  await owner.checkpoint()
  expect(await snapshots.trail(0, id)).toEqual({ points: [], complete: true })
  canary.close()
  expect(hub.watched()).toEqual([])
})
