/** The smaller guards around an engine: deadline, retry, limit, heading. */

import { describe, expect, test } from 'bun:test'
import { withDeadline } from '../../../src/adapters/routes/deadline.ts'
import { withHeadingWish } from '../../../src/adapters/routes/heading-wish.ts'
import { withLimit } from '../../../src/adapters/routes/limit.ts'
import { withRetry } from '../../../src/adapters/routes/retry.ts'
import type { UnavailableReason } from '../../../src/ports/routes.ts'
import { away, FOUND, NONE, ScriptedRoutes, trip } from '../../support/routes/scripted-routes.ts'
import { TRIP } from '../../support/routes/world.ts'
import { until } from '../../support/until.ts'

describe('the deadline', () => {
  test('is kept where the engine is deaf, and tells it', async () => {
    const engine = new ScriptedRoutes()
    const startMs = performance.now()
    const answer = await withDeadline(engine, 50).route(TRIP)
    expect(answer).toMatchObject({ kind: 'unavailable', reason: 'timeout' })
    expect(performance.now() - startMs).toBeWithin(45, 500)
    expect(engine.asked[0]?.signal?.aborted).toBe(true)
  })

  test('the caller’s own signal ends it sooner', async () => {
    const controller = new AbortController()
    const answer = withDeadline(new ScriptedRoutes(), 60_000).route(TRIP, controller.signal)
    controller.abort()
    expect(await answer).toMatchObject({ reason: 'aborted' })
  })

  test('closing answers what waits inside', async () => {
    const engine = new ScriptedRoutes()
    const routes = withDeadline(engine, 60_000)
    const answer = routes.route(TRIP)
    await routes.close()
    expect(await answer).toMatchObject({ reason: 'closed' })
    expect(engine.closed).toBe(1)
  })
})

describe('the retry', () => {
  const quick = { minWaitMs: 0, maxWaitMs: 0 }

  test.each(['network', 'server_error'] as UnavailableReason[])('asks once more after %s', async (reason) => {
    const engine = new ScriptedRoutes([away(reason), FOUND])
    expect(await withRetry(engine, quick).route(TRIP)).toBe(FOUND)
    const twice = new ScriptedRoutes([away(reason), away(reason), FOUND])
    expect(await withRetry(twice, quick).route(TRIP)).toMatchObject({ reason })
    expect(twice.asked).toHaveLength(2)
  })

  test.each([
    'timeout',
    'rate_limited',
    'denied',
    'unreadable',
    'busy',
    'broken',
    'aborted',
    'closed',
  ] as UnavailableReason[])('does not after %s', async (reason) => {
    const engine = new ScriptedRoutes([away(reason), FOUND])
    expect(await withRetry(engine, quick).route(TRIP)).toMatchObject({ reason })
    expect(engine.asked).toHaveLength(1)
  })

  test('does not after an answer', async () => {
    const engine = new ScriptedRoutes([NONE, FOUND])
    expect(await withRetry(engine, quick).route(TRIP)).toBe(NONE)
  })

  test('waits as long as the draw says, and not when it was given up', async () => {
    const engine = new ScriptedRoutes([away(), FOUND])
    const startMs = performance.now()
    await withRetry(engine, { minWaitMs: 20, maxWaitMs: 60, random: () => 0.5 }).route(TRIP)
    expect(performance.now() - startMs).toBeWithin(38, 500)
    const abandoned = new ScriptedRoutes([away(), FOUND])
    await withRetry(abandoned, { minWaitMs: 60_000, maxWaitMs: 60_000 }).route(TRIP, AbortSignal.abort())
    expect(abandoned.asked).toHaveLength(1)
  })
})

describe('the limit', () => {
  test('so many are under way, so many wait their turn, more are told to come back', async () => {
    const engine = new ScriptedRoutes()
    const routes = withLimit(engine, { underWay: 2, waiting: 2 })
    const answers = [0, 1, 2, 3].map((index) => routes.route(trip(index)))
    expect(await routes.route(trip(4))).toMatchObject({ kind: 'unavailable', reason: 'busy' })
    expect(engine.asked).toHaveLength(2)
    for (const index of [0, 1, 2, 3]) {
      await until(() => engine.asked.length > index, `request ${index}`)
      expect(engine.asked[index]?.request).toEqual(trip(index))
      engine.asked[index]?.answer(FOUND)
    }
    expect(await Promise.all(answers)).toEqual([FOUND, FOUND, FOUND, FOUND])
  })

  test('who gives up while waiting leaves the queue, and no place is lost', async () => {
    const engine = new ScriptedRoutes()
    const routes = withLimit(engine, { underWay: 1, waiting: 1 })
    for (let round = 0; round < 3; round++) {
      const first = routes.route(trip(round))
      const controller = new AbortController()
      const waiting = routes.route(TRIP, controller.signal)
      controller.abort()
      expect(await waiting).toMatchObject({ reason: 'aborted' })
      engine.asked[round]?.answer(FOUND)
      await first
    }
    expect(engine.asked).toHaveLength(3)
  })
})

describe('the heading', () => {
  test('is left out where there is no route with it', async () => {
    const engine = new ScriptedRoutes([NONE, FOUND])
    expect(await withHeadingWish(engine).route({ ...TRIP, headingDeg: 90 })).toBe(FOUND)
    expect(engine.asked.map(({ request }) => request.headingDeg)).toEqual([90, undefined])
  })

  test('is not why an engine that is away is asked twice, nor one that was asked without', async () => {
    const engine = new ScriptedRoutes([away(), NONE, FOUND])
    await withHeadingWish(engine).route({ ...TRIP, headingDeg: 90 })
    expect(await withHeadingWish(engine).route(TRIP)).toBe(NONE)
    expect(engine.asked).toHaveLength(2)
  })
})
