import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { afterClose, parseRetryAfterMs, retryDelayMs } from '../../../web/client/retry.ts'

const middle = () => 0.5
const top = () => 0.999_999

describe('retryDelayMs', () => {
  test('doubles from a second and stops at twenty', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((n) => retryDelayMs(n, top))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000,
    ])
  })

  test('is spread over the whole of the wait', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (n, x) => {
        const delayMs = retryDelayMs(n, () => x)
        expect(delayMs).toBeWithin(0, 20_001)
        expect(delayMs).toBe(Math.round(x * Math.min(20_000, 1_000 * 2 ** n)))
      }),
    )
  })
})

describe('afterClose', () => {
  test('a restart is waited for exactly as long as the server says', () => {
    expect(afterClose(1012, '{"retry_after_ms":750}', 6, middle)).toEqual({ kind: 'retry', delayMs: 750 })
  })

  test('a restart without a time waits as any other close', () => {
    expect(afterClose(1012, '', 1, middle)).toEqual({ kind: 'retry', delayMs: 1_000 })
  })

  test('an ended token asks for a fresh one', () => {
    expect(afterClose(4401, '', 0, middle)).toEqual({ kind: 'refresh' })
  })

  test.each([4403, 4404, 4410])('%d does not come back', (code) => {
    expect(afterClose(code, '', 0, middle)).toEqual({ kind: 'stop' })
  })

  test.each([1000, 1001, 1006, 1011, 4008, 4408])('%d comes back', (code) => {
    expect(afterClose(code, '', 0, middle)).toEqual({ kind: 'retry', delayMs: 500 })
  })

  test.each([4400, 4429])('%d comes back only after a long wait', (code) => {
    expect(afterClose(code, '', 0, middle)).toEqual({ kind: 'retry', delayMs: 10_000 })
  })
})

describe('parseRetryAfterMs', () => {
  test.each([
    ['{"retry_after_ms":1500}', 1_500],
    ['retry_after_ms=200', 200],
    ['retry_after_ms: 200', 200],
    ['900', 900],
    ['{"retry_after_ms":9999999}', 60_000],
  ])('%s', (reason, ms) => {
    expect(parseRetryAfterMs(reason)).toBe(ms)
  })

  test.each(['', 'restart', 'retry later', '-5'])('%p says nothing', (reason) => {
    expect(parseRetryAfterMs(reason)).toBeUndefined()
  })
})
