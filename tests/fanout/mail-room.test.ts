/** How hubs and owners of several nodes find, believe and leave each other, over mail in memory. */

import { afterEach, expect, test } from 'bun:test'
import type { Audience } from '../../src/domain/audience.ts'
import type { Hub } from '../../src/fanout/hub.ts'
import { MailRoom } from '../../src/fanout/mail-room.ts'
import type { Owner } from '../../src/fanout/owner.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Message, PositionMessage, ToOwner } from '../../src/ports/mail.ts'
import { MemoryPost } from '../contract/memory-mail.ts'
import { TestInbox } from '../contract/test-inbox.ts'
import { until } from '../support/until.ts'

const AWAKE_MS = 40
const onError = (error: unknown) => {
  throw error
}

const rooms: MailRoom[] = []
afterEach(() => {
  for (const room of rooms.splice(0)) room.close()
})

/** A mail room of a node, with what reaches its hub and its owner. */
async function openRoom(post = new MemoryPost()) {
  const positions: PositionMessage[] = []
  const calls: string[] = []
  const orders: [string, Audience[]][] = [['o1', ['customer']]]
  const hub = { watched: () => orders, receive: (message: PositionMessage) => void positions.push(message) }
  const owner = {
    receive: (from: string, { type }: ToOwner) => void calls.push(`${type} from ${from}`),
    forgetNode: (node: string) => void calls.push(`forget ${node}`),
    evict: async (node: string) => void calls.push(`evict ${node}`),
    ownership: {
      announceAll: () => void calls.push('claim all'),
      introduceTo: (node: string) => void calls.push(`introduce to ${node}`),
    },
  }
  const mail = post.node()
  const log = { partitionOf: () => 0 } as unknown as Log
  const room = new MailRoom(mail, log, onError, undefined, AWAKE_MS)
  rooms.push(room)
  await room.open(hub as unknown as Hub, owner as unknown as Owner)
  return { post, mail, room, positions, calls }
}

/** Another node, which only writes down what it is told. */
async function openPeer(post: MemoryPost) {
  const mail = post.node()
  const inbox = new TestInbox()
  await mail.open(inbox)
  const types = () => inbox.received.map(({ message }) => message.type)
  return { mail, inbox, types }
}

function position(at: number): Message {
  return {
    ...{ type: 'position' as const, order: 'o1', audience: 'customer' as const },
    ...{ epoch: 1, at, rev: 1, assignment: 1, receivedMs: 0, json: '{}' },
  }
}

test('announces to whoever says that it owns the partition, and takes positions from that one alone', async () => {
  const { post, mail, room, positions } = await openRoom()
  const [former, now] = [await openPeer(post), await openPeer(post)]
  former.mail.send(mail.self, [{ type: 'owner', partition: 0 }])
  await until(() => former.types().includes('announce'))
  now.mail.send(mail.self, [{ type: 'owner', partition: 0 }])
  await until(() => now.types().includes('announce'))
  former.mail.send(mail.self, [position(5)])
  now.mail.send(mail.self, [position(4)])
  await until(() => positions.length > 0)
  expect(positions.map(({ at }) => at)).toEqual([4])
  room.watch('o2', ['ops'])
  await until(() => now.types().includes('watch'))
  expect(former.types()).not.toContain('watch')
})

test('only the owner it knows can send it away; then it looks again, and believes who is found', async () => {
  const { post, mail, room, calls } = await openRoom()
  const [stranger, owner] = [await openPeer(post), await openPeer(post)]
  owner.mail.send(mail.self, [{ type: 'owner', partition: 0 }])
  await until(() => owner.types().length === 1)
  await stranger.mail.claim(0)
  stranger.mail.send(mail.self, [
    { type: 'not_mine', partition: 0 },
    { type: 'unwatch', order: 'o1' },
  ])
  await until(() => calls.length > 0, 'both have come')
  room.watch('o2', ['ops'])
  await until(() => owner.types().includes('watch'), 'the owner to be asked', 1_000)
  expect(stranger.types()).toEqual([])
  owner.mail.send(mail.self, [{ type: 'not_mine', partition: 0 }])
  await until(() => stranger.types().includes('announce'), 'the look-up', 3_000)
})

test('after a loss of all mail it announces and claims at once; a node that slept claims later', async () => {
  for (const slept of [false, true]) {
    const { post, mail, room, calls } = await openRoom()
    const owner = await openPeer(post)
    owner.mail.send(mail.self, [{ type: 'owner', partition: 0 }])
    await until(() => owner.types().length === 1)
    const startMs = performance.now()
    room.emptied(slept)
    expect(calls).toEqual(slept ? [] : ['claim all'])
    await until(() => owner.types().length === 2, 'another announcement')
    await until(() => calls.includes('claim all'))
    if (slept) expect(performance.now() - startMs).toBeGreaterThan(AWAKE_MS - 5)
  }
})

test('a gap makes both sides ask again; who is absent is forgotten, who is dead is put out too', async () => {
  const { post, mail, room, calls } = await openRoom()
  const owner = await openPeer(post)
  owner.mail.send(mail.self, [{ type: 'owner', partition: 0 }])
  await until(() => owner.types().length === 1)
  room.gap(owner.mail.self)
  await until(() => owner.types().length === 2)
  room.absent('n1')
  room.expired('n2')
  expect(calls).toEqual([`introduce to ${owner.mail.self}`, 'forget n1', 'forget n2', 'evict n2'])
})

test('what a look-up finds does not replace an owner that has said so meanwhile', async () => {
  const { post, mail, room } = await openRoom()
  const [former, now] = [await openPeer(post), await openPeer(post)]
  await former.mail.claim(0)
  room.watch('o1', ['customer'])
  now.mail.send(mail.self, [{ type: 'owner', partition: 0 }])
  await until(() => now.types().includes('announce'))
  // The look-up was begun before, and answers within a few turns.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  room.watch('o2', ['ops'])
  await until(() => now.types().includes('watch'), 'the owner to be asked', 1_000)
  expect(former.types()).toEqual([])
})
