import { expect, test } from 'bun:test'
import { createRandom } from '../../cli/riders/random'
import { DueQueue } from '../../cli/simulate/due-queue'

test('entries come out in the order of their times, and none before it is due', () => {
  const random = createRandom(2)
  const queue = new DueQueue<number>()
  const times = Array.from({ length: 500 }, () => random.between(0, 1_000))
  for (const atMs of times) queue.push(atMs, atMs)
  const taken: number[] = []
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 10) {
    for (let due = queue.takeDue(nowMs); due !== undefined; due = queue.takeDue(nowMs)) {
      expect(due.atMs).toBeLessThanOrEqual(nowMs)
      taken.push(due.item)
      // An appointment made while others are taken out keeps its place.
      if (taken.length % 50 === 0) queue.push(nowMs + 5, nowMs + 5)
    }
    expect(queue.nextMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(nowMs)
  }
  expect(taken.length).toBeGreaterThanOrEqual(500)
  expect(taken).toEqual(taken.toSorted((a, b) => a - b))
})
