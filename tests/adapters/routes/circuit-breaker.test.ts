import { describe, expect, test } from 'bun:test'
import { type BreakerState, withCircuitBreaker } from '../../../src/adapters/routes/circuit-breaker.ts'
import type { RouteAnswer } from '../../../src/ports/routes.ts'
import { away, FOUND, NONE, ScriptedRoutes, TestClock } from '../../support/routes/scripted-routes.ts'
import { TRIP } from '../../support/routes/world.ts'

function breaker(script: RouteAnswer[]) {
  const clock = new TestClock()
  const engine = new ScriptedRoutes(script)
  const states: BreakerState[] = []
  const options = { failures: 3, openMs: 5_000, longestOpenMs: 15_000, nowMs: clock.nowMs }
  const routes = withCircuitBreaker(engine, { ...options, onState: (state) => void states.push(state) })
  const ask = async (times: number) => {
    for (let i = 0; i < times - 1; i++) await routes.route(TRIP)
    return routes.route(TRIP)
  }
  return { clock, engine, states, routes, ask }
}

const down = (times: number) => Array.from({ length: times }, () => away('timeout'))

describe('the breaker', () => {
  test('opens after failures in a row, then answers at once and says for how long', async () => {
    const { clock, engine, ask, states } = breaker(down(3))
    await ask(3)
    clock.ms += 1_000
    expect(await ask(10)).toMatchObject({ kind: 'unavailable', reason: 'broken', retryAfterMs: 4_000 })
    expect(engine.asked).toHaveLength(3)
    expect(states).toEqual(['open'])
  })

  test('an answer in between starts the count anew, also that there is no route', async () => {
    const { engine, ask, states } = breaker([...down(2), FOUND, ...down(2), NONE, ...down(2), FOUND])
    await ask(9)
    expect([engine.asked.length, states.length]).toEqual([9, 0])
  })

  test('lets one request through after the time, and closes on its answer', async () => {
    const { clock, engine, routes, ask, states } = breaker(down(3))
    await ask(3)
    clock.ms += 5_000
    const probe = routes.route(TRIP)
    expect(await ask(5)).toMatchObject({ reason: 'broken', retryAfterMs: 1_000 })
    expect(engine.asked).toHaveLength(4)
    engine.asked[3]?.answer(NONE)
    expect(await probe).toBe(NONE)
    const after = routes.route(TRIP)
    engine.asked[4]?.answer(FOUND)
    expect(await after).toBe(FOUND)
    expect(states).toEqual(['open', 'half_open', 'closed'])
  })

  test('a probe that fails opens it for twice as long, up to a limit; an answer forgets that', async () => {
    const { clock, ask } = breaker([...down(6), FOUND, ...down(3)])
    await ask(3)
    for (const openMs of [5_000, 10_000, 15_000]) {
      expect(await ask(1)).toMatchObject({ reason: 'broken', retryAfterMs: openMs })
      clock.ms += openMs
      expect(await ask(1)).toMatchObject({ reason: 'timeout' })
    }
    clock.ms += 15_000
    expect(await ask(1)).toBe(FOUND)
    await ask(3)
    expect(await ask(1)).toMatchObject({ reason: 'broken', retryAfterMs: 5_000 })
  })

  test('a probe that its caller gave up is no verdict: the next request is the probe', async () => {
    const { clock, ask, states } = breaker([...down(3), away('aborted'), FOUND])
    await ask(3)
    clock.ms += 5_000
    expect(await ask(1)).toMatchObject({ reason: 'aborted' })
    expect(await ask(1)).toBe(FOUND)
    expect(states.at(-1)).toBe('closed')
  })

  test('callers who give up do not open it', async () => {
    const { ask, states } = breaker([...Array.from({ length: 9 }, () => away('aborted')), FOUND])
    expect(await ask(10)).toBe(FOUND)
    expect(states).toEqual([])
  })

  test('an engine that says 429 is left alone at once, for as long as it says', async () => {
    const { clock, ask } = breaker([away('rate_limited', 30_000), FOUND])
    await ask(1)
    clock.ms += 29_999
    expect(await ask(1)).toMatchObject({ reason: 'broken', retryAfterMs: 1 })
    clock.ms += 1
    expect(await ask(1)).toBe(FOUND)
  })

  test('an answer to what was asked before it opened neither closes nor prolongs it', async () => {
    const { engine, routes, ask, clock } = breaker([])
    const early = [routes.route(TRIP), routes.route(TRIP)]
    const failing = [routes.route(TRIP), routes.route(TRIP), routes.route(TRIP)]
    for (const { answer } of engine.asked.slice(2)) answer(away())
    await Promise.all(failing)
    engine.asked[0]?.answer(FOUND)
    engine.asked[1]?.answer(away('rate_limited', 60_000))
    await Promise.all(early)
    expect(await ask(1)).toMatchObject({ reason: 'broken', retryAfterMs: 5_000 })
    expect(clock.ms).toBe(1_000)
  })
})
