import { expect, test } from 'bun:test'
import { conflate, encodeBody, parseBody } from '../../../src/adapters/distributed/mail-body.ts'
import type { Message, PositionMessage } from '../../../src/ports/mail.ts'

function position(order: string, at: number, more: Partial<PositionMessage> = {}): PositionMessage {
  return {
    type: 'position',
    order,
    audience: 'customer',
    epoch: 1,
    at,
    rev: 1,
    assignment: 1,
    receivedMs: 1,
    json: `{"at":${at}}`,
    ...more,
  }
}

test('of an order and audience only the newest position is left, at its own place', () => {
  const owner: Message = { type: 'owner', partition: 1 }
  const messages = [
    position('a', 1),
    position('b', 2),
    owner,
    position('a', 3, { audience: 'ops' }),
    position('a', 4),
    { type: 'unwatch', order: 'a' } as const,
    position('b', 5),
  ]
  expect(conflate(messages)).toEqual([
    owner,
    position('a', 3, { audience: 'ops' }),
    position('a', 4),
    { type: 'unwatch', order: 'a' },
    position('b', 5),
  ])
  expect(messages.length).toBe(7)
})

test('other messages stay, each and in order, however alike', () => {
  const messages: Message[] = [
    { type: 'watch', order: 'a', audiences: ['ops'] },
    { type: 'unwatch', order: 'a' },
    { type: 'watch', order: 'a', audiences: ['ops'] },
  ]
  expect(conflate(messages)).toEqual(messages)
})

test('a line goes with the newest position that names it, and with no other', () => {
  const line = { routeId: 'r1', routeJson: '{"id":"r1"}' }
  expect(
    conflate([position('a', 1, line), position('a', 2, { routeId: 'r1' }), position('a', 3, { routeId: 'r1' })]),
  ).toEqual([position('a', 3, line)])
  expect(conflate([position('a', 1, line), position('a', 2, { routeId: 'r2' })])).toEqual([
    position('a', 2, { routeId: 'r2' }),
  ])
  expect(conflate([position('a', 1, line), position('a', 2)])).toEqual([position('a', 2)])
  const newer = { routeId: 'r1', routeJson: '{"id":"r1","newer":true}' }
  expect(conflate([position('a', 1, line), position('a', 2, newer)])).toEqual([position('a', 2, newer)])
})

test('a body is read as it was written', () => {
  const body = { from: 'n.1', series: 2, number: 3, messages: [position('a', 1)] }
  expect(parseBody(encodeBody(body))).toEqual(body)
})

test('messages of a later version are left out, bodies of one are ignored', () => {
  const known = { type: 'owner', partition: 1 }
  const body = { v: 1, from: 'n.1', series: 1, number: 1, messages: [{ type: 'later' }, null, 7, known] }
  expect(parseBody(JSON.stringify(body))?.messages).toEqual([known as Message])
  expect(parseBody(JSON.stringify({ ...body, v: 2 }))).toBeUndefined()
})

test.each([
  undefined,
  '',
  '{',
  'null',
  '7',
  '[]',
  '{"v":1}',
  '{"v":1,"from":"a","series":1,"number":"1","messages":[]}',
])('what is no body is ignored: %p', (json) => {
  expect(parseBody(json)).toBeUndefined()
})
