import { expect, test } from 'bun:test'
import { type Body, parseBody } from '../../../src/adapters/distributed/mail-body.ts'
import { MAX_WAITING, Outbox } from '../../../src/adapters/distributed/outbox.ts'
import { Metrics } from '../../../src/metrics.ts'
import type { Message } from '../../../src/ports/mail.ts'
import { until } from '../../support/until.ts'

function opened(put: (body: Body) => boolean | Promise<boolean>) {
  const metrics = new Metrics()
  const absent: string[] = []
  const failures: unknown[] = []
  const outbox = new Outbox({
    self: 'me',
    metrics,
    put: async (_to, body) => put(parseBody(body) as Body),
    absent: (node) => void absent.push(node),
    failed: (error) => void failures.push(error),
    sent: () => {},
  })
  return { outbox, metrics, absent, failures }
}

function position(order: string, at: number): Message {
  const numbers = { epoch: 1, at, rev: 1, assignment: 1, receivedMs: 1 }
  return { type: 'position', order, audience: 'customer', ...numbers, json: '{}' }
}

test('what is sent in one turn goes as one entry; the next is numbered on', async () => {
  const bodies: Body[] = []
  const { outbox } = opened((body) => bodies.push(body) > 0)
  outbox.send('n', [{ type: 'owner', partition: 1 }])
  outbox.send('n', [{ type: 'owner', partition: 2 }])
  await until(() => bodies.length === 1)
  outbox.send('n', [{ type: 'owner', partition: 3 }])
  await until(() => bodies.length === 2)
  expect(bodies.map(({ number, messages }) => [number, messages.length])).toEqual([
    [1, 2],
    [2, 1],
  ])
})

test('an entry that may not have arrived is sent again as it was, under its number', async () => {
  const bodies: Body[] = []
  let isAway = true
  const { outbox, failures } = opened((body) => {
    bodies.push(body)
    if (isAway) throw new Error('cut')
    return true
  })
  outbox.send('n', [position('a', 1)])
  await until(() => failures.length === 1)
  outbox.send('n', [position('a', 2)])
  isAway = false
  outbox.flush()
  await until(() => bodies.length === 3)
  expect(bodies[1]).toEqual(bodies[0] as Body)
  expect(bodies[2]).toMatchObject({ number: 2, messages: [position('a', 2)] })
})

test('nobody there: what waits is thrown away, absent is told, and the next number jumps', async () => {
  const bodies: Body[] = []
  let isThere = false
  const { outbox, absent } = opened((body) => {
    bodies.push(body)
    return isThere
  })
  outbox.send('n', [position('a', 1)])
  await until(() => absent.length === 1)
  isThere = true
  outbox.send('n', [position('a', 2)])
  await until(() => bodies.length === 2)
  expect(bodies.map(({ series, number }) => [series, number])).toEqual([
    [1, 1],
    [1, 2],
  ])
})

test('while nobody answers, of few orders however many positions the newest ones wait, and nothing is lost', async () => {
  const bodies: Body[] = []
  let isAway = true
  const { outbox, metrics } = opened((body) => {
    if (isAway) throw new Error('away')
    return bodies.push(body) > 0
  })
  outbox.send('n', [{ type: 'owner', partition: 1 }])
  for (let at = 0; at < 20 * MAX_WAITING; at++) outbox.send('n', [position(`o${at % 100}`, at)])
  isAway = false
  outbox.flush()
  const received = () => bodies.flatMap(({ messages }) => messages)
  await until(() => received().length >= 101)
  expect(received()[0]).toEqual({ type: 'owner', partition: 1 })
  const newest = Array.from({ length: 100 }, (_, i) => 20 * MAX_WAITING - 100 + i)
  expect(received().slice(1)).toEqual(newest.map((at) => position(`o${at % 100}`, at)))
  expect(bodies.map(({ number }) => number)).toEqual(bodies.map((_, i) => i + 1))
  expect(metrics.value('zlt_mail_messages_dropped_total')).toBe(0)
})

test('more than may wait is thrown away, positions first, and the number jumps, even if nothing else is sent', async () => {
  for (const others of [[], [{ type: 'owner', partition: 1 }]] as Message[][]) {
    const bodies: Body[] = []
    let isAway = true
    const { outbox, metrics } = opened((body) => {
      if (isAway) throw new Error('away')
      return bodies.push(body) > 0
    })
    outbox.send('n', others)
    for (let at = 0; at <= MAX_WAITING; at++) outbox.send('n', [position(`o${at}`, at)])
    isAway = false
    outbox.flush()
    await until(() => bodies.length > 0)
    const received = bodies.flatMap(({ messages }) => messages)
    expect(received.slice(0, others.length)).toEqual(others)
    expect(bodies[0]?.number).toBeGreaterThan(1)
    expect(metrics.value('zlt_mail_messages_dropped_total') + received.length).toBe(MAX_WAITING + 1 + others.length)
  }
})

test('entries are of bounded size', async () => {
  const bodies: Body[] = []
  const { outbox } = opened((body) => bodies.push(body) > 0)
  outbox.send(
    'n',
    Array.from({ length: 2_000 }, (_, i) => position(`o${i}`, i)),
  )
  const huge = { ...position('huge', 1), json: 'x'.repeat(300_000) } as Message
  outbox.send('n', [huge, position('after', 2)])
  await until(() => bodies.flatMap(({ messages }) => messages).length === 2_002)
  expect(Math.max(...bodies.map(({ messages }) => messages.length))).toBeLessThanOrEqual(500)
  expect(bodies.at(-1)?.messages).toEqual([position('after', 2)])
})
