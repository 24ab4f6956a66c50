import { expect, test } from 'bun:test'
import { formatTraceparent, parseTraceparent } from '../../src/tracing.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test('the standard’s example is read, and ours is read back', () => {
  const context = { traceId: TRACE, spanId: SPAN, sampled: true }
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual(context)
  expect(parseTraceparent(formatTraceparent(TRACE, SPAN))).toEqual(context)
})

test.each([
  ['00', false],
  ['01', true],
  ['02', false],
  ['03', true],
  ['ff', true],
])('flags %s say sampled: %s', (flags, sampled) => {
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-${flags}`)?.sampled).toBe(sampled)
})

test('a later version may say more, and what is known of it counts', () => {
  expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)?.spanId).toBe(SPAN)
  expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01`)?.traceId).toBe(TRACE)
})

test.each([
  undefined,
  null,
  7,
  '',
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-1`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}-01.`,
  `cc-${TRACE}-${SPAN}-01.more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-0G`,
  ` 00-${TRACE}-${SPAN}-01`,
  `cc-${TRACE}-${SPAN}-01-${'x'.repeat(300)}`,
])('what is none (%p) begins nothing', (text) => {
  expect(parseTraceparent(text)).toBeUndefined()
})
