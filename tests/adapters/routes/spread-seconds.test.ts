import { expect, test } from 'bun:test'
import { spreadSeconds } from '../../../src/adapters/routes/spread-seconds.ts'

/** Steps of 1, 3, 0 and 2 parts. */
const line = [0, 1, 4, 4, 6].map((parts) => ({ lat: 47 + parts / 1000, lng: 9 }))
const stretch = (fromIndex: number, toIndex: number, seconds: number) => ({ fromIndex, toIndex, seconds })

test('a stretch’s time goes to its segments by their length', () => {
  const seconds = spreadSeconds(line, [stretch(0, 2, 8), stretch(2, 4, 5)])
  expect(seconds?.map((one) => Math.round(one * 1e6) / 1e6)).toEqual([2, 6, 0, 5])
})

test('one without length is shared evenly; one without a segment lends its time', () => {
  expect(spreadSeconds(line.slice(2, 4), [stretch(0, 1, 3)])).toEqual([3])
  const lent = spreadSeconds(line.slice(0, 2), [stretch(0, 0, 2), stretch(0, 1, 3), stretch(1, 1, 4)])
  expect(lent).toEqual([9])
})

test.each([
  ['none', []],
  ['a gap', [stretch(0, 1, 1), stretch(2, 4, 1)]],
  ['an overlap', [stretch(0, 2, 1), stretch(1, 4, 1)]],
  ['an end too soon', [stretch(0, 3, 1)]],
  ['an end beyond the line', [stretch(0, 5, 1)]],
  ['a part of a point', [stretch(0, 1.5, 1), stretch(1.5, 4, 1)]],
  ['a way back', [stretch(0, 2, 1), stretch(2, 1, 1), stretch(1, 4, 1)]],
])('%s: then nothing is told', (_what, stretches) => {
  expect(spreadSeconds(line, stretches)).toBeUndefined()
})
