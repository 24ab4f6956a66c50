/** The contract of `Mail`: every MUST of `src/ports/mail.ts`, for any adapter. */

import { expect } from 'bun:test'
import type { Mail, Message } from '../../src/ports/mail.ts'
import { until } from '../support/until.ts'
import { type ContractCase, describeCases, type Opened, type Skip } from './cases.ts'
import { TestInbox } from './test-inbox.ts'

export interface OpenedMail extends Opened {
  mail: Mail
  /** Another node; rejects on an adapter that has only one. */
  another(): Promise<Mail>
  /** Ends a node without a word, as a killed process does; rejects on an adapter that has only one. */
  kill(node: Mail): Promise<void>
  /** The post loses all it holds, as a Redis does that is restarted without a disk; rejects where there is no post. */
  empty(): Promise<void>
  /** Nothing reaches the post until what it returns is called; rejects where there is no post. */
  cutOff(): Promise<() => Promise<void>>
}

type MailCase = ContractCase<OpenedMail>

function unwatch(order: string): Message {
  return { type: 'unwatch', order }
}

const EVERY_MESSAGE: Message[] = [
  { type: 'watch', order: 'o1', audiences: ['customer', 'ops'] },
  { type: 'unwatch', order: 'o1' },
  { type: 'announce', partition: 3, orders: [['o1', ['rider']]] },
  { type: 'announce', partition: 0, orders: [] },
  { type: 'owner', partition: 0 },
  { type: 'not_mine', partition: 1023 },
  {
    type: 'position',
    order: 'o1',
    audience: 'ops',
    epoch: 1_760_000_000_001,
    at: 2 ** 40,
    rev: 1_760_000_000_000,
    assignment: 0,
    receivedMs: 1.5,
    json: '{"name":"Zürich 🛵 \\u0000 \\" \u2028"}',
    dropped: { late: 2 },
  },
  {
    type: 'position',
    order: 'o2',
    audience: 'customer',
    epoch: 0,
    at: -1,
    rev: 0,
    assignment: 0,
    receivedMs: 0,
    json: null,
  },
]

export const MAIL_CASES: readonly MailCase[] = [
  {
    name: 'what a node sends itself arrives in the order sent, each once',
    async run({ mail, deadlineMs }) {
      const inbox = new TestInbox()
      await mail.open(inbox)
      const orders = Array.from({ length: 3_000 }, (_, i) => `o${i}`)
      for (let i = 0; i < orders.length; i += 3) mail.send(mail.self, orders.slice(i, i + 3).map(unwatch))
      await inbox.waitFor(orders.length, deadlineMs)
      expect(inbox.orders()).toEqual(orders)
      expect(inbox.received.every(({ from }) => from === mail.self)).toBe(true)
    },
  },
  {
    name: 'messages arrive as they were sent',
    async run({ mail, deadlineMs }) {
      const inbox = new TestInbox()
      await mail.open(inbox)
      mail.send(mail.self, [])
      mail.send(mail.self, EVERY_MESSAGE)
      await inbox.waitFor(EVERY_MESSAGE.length, deadlineMs)
      expect(inbox.received.map(({ message }) => message)).toEqual(EVERY_MESSAGE)
    },
  },
  {
    name: 'nothing is delivered before send has returned',
    async run({ mail, deadlineMs }) {
      let sending = false
      const reentered: string[] = []
      const inbox: TestInbox = new TestInbox((message) => {
        if (sending) reentered.push(message.type)
        if (message.type !== 'unwatch' || message.order.length > 5) return
        sending = true
        mail.send(mail.self, [unwatch(`${message.order}+`)])
        sending = false
      })
      await mail.open(inbox)
      sending = true
      mail.send(mail.self, [unwatch('o')])
      sending = false
      await inbox.waitFor(6, deadlineMs)
      expect(reentered).toEqual([])
      expect(inbox.orders().at(-1)).toBe('o+++++')
    },
  },
  {
    name: 'what is sent before the inbox opens arrives, or a gap is told',
    async run({ mail, deadlineMs }) {
      mail.send(mail.self, [unwatch('early')])
      const inbox = new TestInbox()
      await mail.open(inbox)
      mail.send(mail.self, [unwatch('later')])
      await until(() => inbox.orders().includes('later'), 'the later one', deadlineMs)
      expect(inbox.gaps.length > 0 || inbox.orders()[0] === 'early').toBe(true)
    },
  },
  {
    name: 'an inbox that throws gets what comes later',
    async run({ mail, deadlineMs }) {
      const inbox = new TestInbox((message) => {
        if ('order' in message && message.order === 'bad') throw new Error('on purpose')
      })
      await mail.open(inbox)
      mail.send(mail.self, [unwatch('bad')])
      await until(() => inbox.orders().includes('bad'), 'the bad one', deadlineMs)
      mail.send(mail.self, [unwatch('good')])
      await until(() => inbox.orders().includes('good'), 'the good one', deadlineMs)
    },
  },
  {
    name: 'what is sent to a node that does not exist goes to nobody',
    async run({ mail, deadlineMs }) {
      const inbox = new TestInbox()
      await mail.open(inbox)
      mail.send('gone.1760000000000', [unwatch('lost')])
      mail.send(mail.self, [unwatch('mine')])
      await until(() => inbox.orders().includes('mine'), 'the message to itself', deadlineMs)
      expect(inbox.orders()).toEqual(['mine'])
    },
  },
  {
    name: 'nothing is delivered after close',
    async run({ mail }) {
      const inbox = new TestInbox()
      await mail.open(inbox)
      mail.send(mail.self, [unwatch('maybe')])
      await mail.close()
      const before = inbox.received.length
      mail.send(mail.self, [unwatch('late')])
      // Longer than any delivery within a process takes: microtasks, then timers, then I/O.
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 1))
      expect(inbox.received.length).toBe(before)
    },
  },
  {
    name: 'a node counts itself among the live ones',
    async run({ mail }) {
      await mail.open(new TestInbox())
      expect(await mail.nodes()).toContain(mail.self)
    },
  },
  {
    name: 'a partition has no owner before it is claimed, then the one that did',
    async run({ mail, deadlineMs }) {
      await mail.open(new TestInbox())
      expect(await mail.ownerOf(5)).toBeUndefined()
      await mail.claim(5)
      await until(async () => (await mail.ownerOf(5)) === mail.self, 'the owner', deadlineMs)
      expect(await mail.ownerOf(6)).toBeUndefined()
    },
  },
  {
    name: 'two nodes know each other, and the last to claim a partition owns it',
    async run({ mail, another, deadlineMs }) {
      const other = await another()
      await Promise.all([mail.open(new TestInbox()), other.open(new TestInbox())])
      for (const node of [mail, other]) {
        await until(async () => (await node.nodes()).length === 2, 'both nodes', deadlineMs)
        expect((await node.nodes()).sort()).toEqual([mail.self, other.self].sort())
      }
      await mail.claim(1)
      await other.claim(1)
      for (const node of [mail, other]) {
        await until(async () => (await node.ownerOf(1)) === other.self, 'the new owner', deadlineMs)
      }
    },
  },
  {
    name: 'between two nodes order holds per sender, and each gets only its own',
    async run({ mail, another, deadlineMs }) {
      const other = await another()
      const [mine, theirs] = [new TestInbox(), new TestInbox()]
      await Promise.all([mail.open(mine), other.open(theirs)])
      await until(async () => (await mail.nodes()).includes(other.self), 'the other node', deadlineMs)
      const orders = Array.from({ length: 200 }, (_, i) => `o${i}`)
      for (const order of orders) {
        mail.send(other.self, [unwatch(order)])
        other.send(other.self, [unwatch(`own ${order}`)])
      }
      other.send(mail.self, [unwatch('back')])
      await theirs.waitFor(2 * orders.length, deadlineMs)
      await mine.waitFor(1, deadlineMs)
      const from = (sender: string) => theirs.received.filter((one) => one.from === sender)
      expect(from(mail.self).map(({ message }) => message)).toEqual(orders.map(unwatch))
      expect(from(other.self).map(({ message }) => message)).toEqual(orders.map((order) => unwatch(`own ${order}`)))
      expect(mine.received).toEqual([{ from: other.self, message: unwatch('back') }])
      expect([...mine.gaps, ...theirs.gaps]).toEqual([])
    },
  },
  {
    name: 'every kind of message goes to another node as it was sent',
    async run({ mail, another, deadlineMs }) {
      const other = await another()
      const inbox = new TestInbox()
      await Promise.all([mail.open(new TestInbox()), other.open(inbox)])
      mail.send(other.self, EVERY_MESSAGE)
      await inbox.waitFor(EVERY_MESSAGE.length, deadlineMs)
      expect(inbox.received.map(({ message }) => message)).toEqual(EVERY_MESSAGE)
    },
  },
  {
    name: 'what is sent to another node before it opens arrives, or a gap is told',
    async run({ mail, another, deadlineMs }) {
      const other = await another()
      const inbox = new TestInbox()
      await mail.open(new TestInbox())
      mail.send(other.self, [unwatch('early')])
      // So that the early one is on its way before there is anybody.
      await mail.nodes()
      await other.open(inbox)
      mail.send(other.self, [unwatch('later')])
      await until(() => inbox.orders().includes('later'), 'the later one', deadlineMs)
      expect(inbox.gaps.length > 0 || inbox.orders()[0] === 'early').toBe(true)
    },
  },
  {
    name: 'a node that has closed is absent to whoever sends to it, and no node any more',
    async run({ mail, another, deadlineMs }) {
      const other = await another()
      const inbox = new TestInbox()
      await Promise.all([mail.open(inbox), other.open(new TestInbox())])
      await other.close()
      mail.send(other.self, [unwatch('lost')])
      await until(() => inbox.absentees.includes(other.self), 'the absence', deadlineMs)
      expect(await mail.nodes()).toEqual([mail.self])
    },
  },
  {
    name: 'a node that dies is told to the others once, and no living one ever',
    async run({ mail, another, kill, deadlineMs }) {
      const [first, second] = [await another(), await another()]
      const [mine, theirs] = [new TestInbox(), new TestInbox()]
      await Promise.all([mail.open(mine), first.open(new TestInbox()), second.open(theirs)])
      await until(async () => (await mail.nodes()).length === 3, 'all nodes', deadlineMs)
      await kill(first)
      await until(() => mine.dead.length > 0 && theirs.dead.length > 0, 'the first death', deadlineMs)
      await kill(second)
      await until(() => mine.dead.includes(second.self), 'the second death', deadlineMs)
      expect(mine.dead).toEqual([first.self, second.self])
      expect(theirs.dead).toEqual([first.self])
      expect(await mail.nodes()).toEqual([mail.self])
      expect([mine.emptyings, theirs.emptyings]).toEqual([0, 0])
    },
  },
  {
    name: 'a post that has lost all says so to each node once, goes on, and calls nobody dead',
    async run({ mail, another, empty, deadlineMs }) {
      const other = await another()
      const [mine, theirs] = [new TestInbox(), new TestInbox()]
      await Promise.all([mail.open(mine), other.open(theirs)])
      await empty()
      await until(() => mine.emptyings > 0 && theirs.emptyings > 0, 'the loss', deadlineMs)
      await mail.claim(4)
      expect(await other.ownerOf(4)).toBe(mail.self)
      mail.send(other.self, [unwatch('after')])
      other.send(mail.self, [unwatch('after')])
      await Promise.all([theirs.waitFor(1, deadlineMs), mine.waitFor(1, deadlineMs)])
      // Neither slept: each may claim at once what it owns.
      expect([mine.slept, theirs.slept]).toEqual([[false], [false]])
      expect([...mine.dead, ...theirs.dead]).toEqual([])
      expect((await mail.nodes()).sort()).toEqual([mail.self, other.self].sort())
    },
  },
  {
    name: 'a post that is away shows in health, and what was sent meanwhile arrives or a gap is told',
    async run({ mail, another, cutOff, deadlineMs }) {
      const other = await another()
      const [mine, theirs] = [new TestInbox(), new TestInbox()]
      await Promise.all([mail.open(mine), other.open(theirs)])
      await until(async () => (await healthOf(mail)).ok, 'health before', deadlineMs)
      const back = await cutOff()
      await until(async () => !(await healthOf(mail)).ok, 'health to be bad', deadlineMs)
      const orders = ['m1', 'm2', 'm3']
      for (const order of orders) mail.send(other.self, [unwatch(order)])
      mail.send(mail.self, [unwatch('own')])
      await until(() => mine.orders().includes('own'), 'what it sends itself, all the same', deadlineMs)
      await back()
      await until(async () => (await healthOf(mail)).ok, 'health after', deadlineMs)
      await until(() => theirs.orders().length === 3 || theirs.gaps.length > 0, 'the mail or a gap', deadlineMs)
      if (theirs.gaps.length === 0) expect(theirs.orders()).toEqual(orders)
      expect([...mine.dead, ...theirs.dead]).toEqual([])
    },
  },
]

/** Asserts that the answer comes within a second, and a little for a busy machine. */
async function healthOf(mail: Mail): Promise<Awaited<ReturnType<Mail['health']>>> {
  const startedMs = performance.now()
  const health = await mail.health()
  expect(performance.now() - startedMs).toBeLessThan(1_500)
  if (!health.ok) expect(health.reason).not.toBe('')
  return health
}

/** Runs the contract on what `open` opens, afresh for each case. */
export function describeMailContract(
  name: string,
  open: () => Promise<OpenedMail>,
  options: { skip?: readonly Skip[] } = {},
): void {
  describeCases(`${name} keeps the contract of Mail`, MAIL_CASES, open, options.skip)
}
