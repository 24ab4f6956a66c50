import { describe, expect, test } from 'bun:test'
import { ClockOffset } from '../../../web/client/clock-offset.ts'

describe('ClockOffset', () => {
  test('takes the local clock for the server’s while nothing is known', () => {
    expect(new ClockOffset().serverNowMs(5_000)).toBe(5_000)
  })

  test('trusts the message that took the least time', () => {
    const clock = new ClockOffset()
    // The local clock is 60 s ahead; the messages took 300, 20 and 900 ms.
    clock.add(1_000, 61_300)
    clock.add(2_000, 62_020)
    clock.add(3_000, 63_900)
    expect(clock.serverNowMs(70_000)).toBe(70_000 - 60_020)
  })

  test('forgets what is older than ten messages', () => {
    const clock = new ClockOffset()
    clock.add(0, 10)
    for (let i = 1; i <= 10; i++) clock.add(i * 1_000, i * 1_000 + 50)
    expect(clock.serverNowMs(20_000)).toBe(19_950)
  })

  test('after a restart keeps what it knows until the next message', () => {
    const clock = new ClockOffset()
    clock.add(0, 100)
    clock.restart()
    expect(clock.serverNowMs(1_000)).toBe(900)
    clock.add(1_000, 6_000)
    expect(clock.serverNowMs(7_000)).toBe(2_000)
  })
})
