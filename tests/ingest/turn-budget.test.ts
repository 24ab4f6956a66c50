import { expect, test } from 'bun:test'
import { ZltError } from '../../src/errors'
import { TurnBudget } from '../../src/ingest/turn-budget'

test('refuses once a turn of the event loop has taken long, and takes again in the next', async () => {
  const budget = new TurnBudget()
  budget.spend()
  budget.spend()
  // Another request's parsing.
  Bun.sleepSync(120)
  let refusal: unknown
  try {
    budget.spend()
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(ZltError)
  expect(refusal).toMatchObject({ code: 'overloaded', status: 503 })
  await new Promise((resolve) => setImmediate(resolve))
  budget.spend()
})
