import { expect, test } from 'bun:test'
import { Handoff } from '../../src/fanout/handoff.ts'

test('holds the commit back until it is stored, and tries again what failed', async () => {
  const errors: unknown[] = []
  const handoff = new Handoff((error) => void errors.push(error))
  let failing = true
  let tries = 0
  handoff.give(2, 10, async () => {
    tries += 1
    if (failing) throw new Error('on purpose')
  })
  handoff.give(2, 40, async () => {})
  await Bun.sleep(0)
  expect(handoff.floor(2)).toBe(9)
  expect(handoff.floor(1)).toBe(Number.POSITIVE_INFINITY)
  failing = false
  handoff.retry()
  await Bun.sleep(0)
  expect(handoff.floor(2)).toBe(Number.POSITIVE_INFINITY)
  expect([tries, errors.length]).toEqual([2, 1])
})

test('what is under way is not begun again', async () => {
  const handoff = new Handoff(() => {})
  const { promise, resolve } = Promise.withResolvers<void>()
  let tries = 0
  handoff.give(0, 1, () => {
    tries += 1
    return promise
  })
  handoff.retry()
  handoff.retry()
  resolve()
  await Bun.sleep(0)
  expect(tries).toBe(1)
  expect(handoff.floor(0)).toBe(Number.POSITIVE_INFINITY)
})

test('a partition that has gone holds nothing back', async () => {
  const handoff = new Handoff(() => {})
  handoff.give(0, 1, () => Promise.reject(new Error('on purpose')))
  await Bun.sleep(0)
  handoff.drop(0)
  expect(handoff.floor(0)).toBe(Number.POSITIVE_INFINITY)
})

test('too much that waits is given up from the oldest on, and said so', async () => {
  const stages: string[] = []
  const handoff = new Handoff((_error, { stage, at }) => void (at === 0 && stages.push(stage)))
  for (let at = 0; at < 1_001; at++) handoff.give(0, at, () => Promise.reject(new Error('on purpose')))
  expect(handoff.floor(0)).toBe(0)
  expect(stages).toEqual(['handoff'])
})
