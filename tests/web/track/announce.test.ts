import { describe, expect, test } from 'bun:test'
import { Announcer } from '../../../web/track/announce.ts'

const first = { stage: 'On the way', state: 'on_the_way', sentence: 'On the way to you.', arrival: '12:08 – 12:11' }

describe('Announcer', () => {
  test('says all once, then keeps silent', () => {
    const announcer = new Announcer()
    expect(announcer.next(first, 0)).toBe('On the way. On the way to you. 12:08 – 12:11')
    expect(announcer.next(first, 1_000)).toBeUndefined()
    expect(announcer.next(first, 600_000)).toBeUndefined()
  })

  test('says a changed arrival at most once a minute, and then the newest', () => {
    const announcer = new Announcer()
    announcer.next(first, 0)
    expect(announcer.next({ ...first, arrival: '12:09' }, 30_000)).toBeUndefined()
    expect(announcer.next({ ...first, arrival: '12:10' }, 59_999)).toBeUndefined()
    expect(announcer.next({ ...first, arrival: '12:11' }, 60_000)).toBe('12:11')
    expect(announcer.next({ ...first, arrival: '12:12' }, 100_000)).toBeUndefined()
  })

  test('says a new stage at once', () => {
    const announcer = new Announcer()
    announcer.next(first, 0)
    expect(announcer.next({ ...first, stage: 'Delivered' }, 5_000)).toBe('Delivered')
    expect(announcer.next({ ...first, stage: 'Delivered' }, 6_000)).toBeUndefined()
  })

  test('says a sentence again only when it is about something else, not when a number in it counts', () => {
    const announcer = new Announcer()
    announcer.next(first, 0)
    const lost = { ...first, state: 'stale', sentence: 'Signal lost 2 minutes ago.' }
    expect(announcer.next(lost, 5_000)).toBe('Signal lost 2 minutes ago.')
    expect(announcer.next({ ...lost, sentence: 'Signal lost 3 minutes ago.' }, 65_000)).toBeUndefined()
  })
})
