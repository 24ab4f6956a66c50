import { expect, test } from 'bun:test'
import { isFormerSelf } from '../../../src/adapters/distributed/eviction.ts'

test('a former self has the same name and started earlier', () => {
  expect(isFormerSelf('brisk-owl.2000', 'brisk-owl.1000')).toBe(true)
  expect(isFormerSelf('a.b.2000', 'a.b.1999')).toBe(true)
  for (const other of ['brisk-owl.2000', 'brisk-owl.3000', 'owl.1000', 'brisk-owl', '.1000', 'brisk-owl.x', '']) {
    expect(isFormerSelf('brisk-owl.2000', other)).toBe(false)
  }
  expect(isFormerSelf('brisk-owl', 'brisk-owl.1')).toBe(false)
})
