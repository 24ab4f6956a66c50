import { describe, expect, test } from 'bun:test'
import { settle } from '../../../web/track/sheet.ts'

const visible = { peek: 200, half: 400, full: 640 }

describe('settle', () => {
  test('a sheet that is let go slowly rests at the nearest height', () => {
    expect(settle(visible, 280, 0)).toBe('peek')
    expect(settle(visible, 330, 0.1)).toBe('half')
    expect(settle(visible, 700, 0)).toBe('full')
  })

  test('a fling goes on to the next height in its direction', () => {
    expect(settle(visible, 220, 1)).toBe('half')
    expect(settle(visible, 420, 1)).toBe('full')
    expect(settle(visible, 620, -1)).toBe('half')
    expect(settle(visible, 390, -1)).toBe('peek')
  })

  test('a fling beyond the last height stays there', () => {
    expect(settle(visible, 650, 1)).toBe('full')
    expect(settle(visible, 190, -1)).toBe('peek')
  })
})
