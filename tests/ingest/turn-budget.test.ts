import { expect, test } from 'bun:test'
import { TurnBudget } from '../../src/ingest/turn-budget'

const request = (bytes?: number) =>
  new Request('http://localhost/location', {
    method: 'POST',
    headers: bytes === undefined ? {} : { 'content-length': String(bytes) },
  })
const MAX_BYTES = 64 * 2 ** 20
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** How many requests one turn takes before it refuses. */
function taken(budget: TurnBudget, bytes?: number): number {
  for (let count = 0; ; count++) {
    try {
      budget.spend(request(bytes))
    } catch (error) {
      expect(error).toMatchObject({ code: 'overloaded', status: 503, retryAfterMs: 2_000 })
      return count
    }
  }
}

test('takes a share of large requests in each turn of the event loop, and as many in the next', async () => {
  const budget = new TurnBudget(MAX_BYTES)
  expect(taken(budget, 25_000)).toBe(84)
  expect(taken(budget, 25_000)).toBe(0)
  await nextTurn()
  expect(taken(budget, 25_000)).toBe(84)
})

test('takes thousands of small ones, any single one however large, and few that do not say their length', async () => {
  const budget = new TurnBudget(MAX_BYTES)
  expect(taken(budget, 300)).toBeGreaterThan(5_000)
  await nextTurn()
  expect(taken(budget, 60 * 2 ** 20)).toBe(1)
  await nextTurn()
  expect(taken(budget)).toBe(33)
})

test('one that declares more than any may have costs the others nothing: it is refused unread', () => {
  const budget = new TurnBudget(256 * 1024)
  for (let i = 0; i < 1_000; i++) budget.spend(request(10 ** 12))
  expect(taken(budget, 25_000)).toBe(84)
})
