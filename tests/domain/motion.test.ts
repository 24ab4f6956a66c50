import { describe, expect, test } from 'bun:test'
import { destination, type Point } from '../../src/domain/geo'
import { type MotionState, NO_MOTION, updateMotion } from '../../src/domain/motion'
import { T0 } from '../support/rider'

const HOME: Point = { lat: 47.14, lng: 9.52 }

/** Feeds readings `[seconds, metres from home, accuracy]` and gives each state. */
function feed(...readings: [s: number, m: number, accuracyM?: number][]): MotionState[] {
  let state = NO_MOTION
  return readings.map(([s, m, accuracyM], i) => {
    const reading = {
      ...destination(HOME, 90, m),
      timeMs: T0 + s * 1000,
      ...(accuracyM !== undefined && { accuracyM }),
    }
    state = updateMotion(state, reading, i === 0)
    return state
  })
}

const kinds = (...readings: Parameters<typeof feed>) => feed(...readings).map(({ kind }) => kind)

describe('motion', () => {
  test('starts as waiting, and moves once the circle of 25 m is left', () => {
    expect(kinds([0, 0], [1, 10], [2, 24], [3, 26])).toEqual(['waiting', 'waiting', 'waiting', 'moving'])
  })

  test('jitter at a red light is not motion', () => {
    const jitter = Array.from({ length: 60 }, (_, i): [number, number] => [i, (i * 7) % 20])
    expect(new Set(kinds(...jitter))).toEqual(new Set(['waiting']))
  })

  test('a fix that knows less needs a wider way', () => {
    expect(kinds([0, 0], [1, 60, 80]).at(-1)).toBe('waiting')
    expect(kinds([0, 0], [1, 90, 80]).at(-1)).toBe('moving')
  })

  test('waits after 15 s in one place, since it got there', () => {
    const states = feed([0, 0], [5, 50], [10, 55], [19, 60], [20, 60])
    expect(states.map(({ kind }) => kind)).toEqual(['waiting', 'moving', 'moving', 'moving', 'waiting'])
    expect(states.at(-1)?.sinceMs).toBe(T0 + 5_000)
  })

  test('moving has one beginning, however often the anchor moves', () => {
    const states = feed([0, 0], [5, 50], [10, 100], [15, 150])
    expect(states.at(-1)).toMatchObject({ kind: 'moving', sinceMs: T0 + 5_000, anchorMs: T0 + 15_000 })
  })

  test('a walk is motion throughout, and its end is seen', () => {
    const walk = Array.from({ length: 90 }, (_, i): [number, number] => [i, i * 1.3])
    expect(kinds(...walk).slice(21)).toEqual(Array(69).fill('moving'))
    const stop = Array.from({ length: 26 }, (_, i): [number, number] => [90 + i, 117])
    expect(kinds(...walk, ...stop).at(-1)).toBe('waiting')
  })

  test('2 m/s is motion throughout', () => {
    const ride = Array.from({ length: 60 }, (_, i): [number, number] => [i, i * 2])
    expect(kinds(...ride).slice(14)).toEqual(Array(46).fill('moving'))
  })
})
