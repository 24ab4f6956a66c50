import { expect, test } from 'bun:test'
import { type ActivityInput, activityOf } from '../../src/domain/activity.ts'
import { place, START_MS } from './generated-ride.ts'

const here: ActivityInput = { ...place([0, 0]), kind: 'waiting', timeMs: START_MS, receivedMs: START_MS + 300 }
const door = place([50, 0])
const far = place([90, 0])

test.each([
  ['moving', { kind: 'moving' as const, pickup: door }],
  ['waiting', {}],
  ['waiting', { pickup: far, otherStops: [far] }],
  ['at_pickup', { pickup: door }],
  ['at_pickup', { pickup: door, otherStops: [door] }],
  ['at_other_stop', { pickup: far, otherStops: [far, door] }],
  ['catching_up', { pickup: door, receivedMs: START_MS + 20_001 }],
  ['at_pickup', { pickup: door, receivedMs: START_MS + 20_000 }],
])('%s, given %p', (motion, given) => {
  expect(activityOf({ ...here, ...given })).toBe(motion as ReturnType<typeof activityOf>)
})
