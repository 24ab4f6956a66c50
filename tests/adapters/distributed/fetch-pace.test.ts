import { expect, test } from 'bun:test'
import { FetchPace } from '../../../src/adapters/distributed/fetch-pace.ts'

test('is slow until a second has brought many, and again after one that has not', () => {
  const clock = { nowMs: 5_000 }
  const pace = new FetchPace(() => clock.nowMs)
  const second = (records: number) => {
    for (let i = 0; i < 10; i++) {
      clock.nowMs += 100
      pace.count(records / 10)
    }
  }
  expect(pace.isSlow).toBe(true)
  second(900)
  expect(pace.isSlow).toBe(true)
  second(2_000)
  second(2_000)
  expect(pace.isSlow).toBe(false)
  second(500)
  second(500)
  expect(pace.isSlow).toBe(true)
})
