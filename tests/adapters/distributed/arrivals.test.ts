import { expect, test } from 'bun:test'
import { Arrivals } from '../../../src/adapters/distributed/arrivals.ts'
import type { Body } from '../../../src/adapters/distributed/mail-body.ts'

/** `a1.3:x` is from a, series 1, number 3, with one message x. */
function bodies(...written: string[]): Body[] {
  return written.map((one) => {
    const [, from = '', series, number, order = ''] = /^(\w)(\d+)\.(\d+):(\w*)$/.exec(one) ?? []
    return { from, series: Number(series), number: Number(number), messages: [{ type: 'unwatch', order }] }
  })
}

function arrivals() {
  const told: string[] = []
  const arriving = new Arrivals({
    receive: (from, messages) =>
      told.push(`${from}:${messages.map((message) => (message as { order: string }).order).join('')}`),
    gap: (from) => told.push(`gap ${from}`),
  })
  return { told, arriving }
}

test('one reply is delivered once for each sender, in order', () => {
  const { told, arriving } = arrivals()
  arriving.take(bodies('a1.1:x', 'b1.1:p', 'a1.2:y', 'b1.2:q'))
  arriving.take(bodies('a1.3:z'))
  expect(told).toEqual(['a:xy', 'b:pq', 'a:z'])
})

test('a missing number is a gap, told between what was before and what is after', () => {
  const { told, arriving } = arrivals()
  arriving.take(bodies('a1.1:x', 'b1.1:p', 'a1.3:y'))
  arriving.take(bodies('b1.3:q'))
  expect(told).toEqual(['a:x', 'gap a', 'b:p', 'a:y', 'gap b', 'b:q'])
})

test('what comes twice is dropped, and no gap', () => {
  const { told, arriving } = arrivals()
  arriving.take(bodies('a1.1:x', 'a1.1:x', 'a1.2:y'))
  arriving.take(bodies('a1.1:x', 'a1.2:y', 'a1.3:z'))
  expect(told).toEqual(['a:xy', 'a:z'])
})

test('a sender whose first entries were lost is a gap', () => {
  const { told, arriving } = arrivals()
  arriving.take(bodies('a1.2:x', 'a1.3:y'))
  expect(told).toEqual(['gap a', 'a:xy'])
})

test('a sender that had forgotten us is a gap, and what is left of its former series is dropped', () => {
  const { told, arriving } = arrivals()
  arriving.take(bodies('a1.1:x', 'a2.1:y', 'a1.2:old', 'a2.2:z'))
  expect(told).toEqual(['a:x', 'gap a', 'a:yz'])
})

test('a dead sender that comes back after all is a gap', () => {
  const { told, arriving } = arrivals()
  arriving.take(bodies('a1.1:x'))
  arriving.forget('a')
  arriving.take(bodies('a1.2:y'))
  expect(told).toEqual(['a:x', 'gap a', 'a:y'])
})
