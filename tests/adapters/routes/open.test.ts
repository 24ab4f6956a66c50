/** What `openRoutes` makes of the settings, as a whole: an engine that goes away and comes back, on a real socket. */

import { afterEach, expect, test } from 'bun:test'
import type { BreakerState } from '../../../src/adapters/routes/circuit-breaker.ts'
import { type OpenRoutesOptions, openRoutes } from '../../../src/adapters/routes/open.ts'
import { configOf } from '../../../src/config.ts'
import { trip } from '../../support/routes/scripted-routes.ts'
import { osrmAnswer, startTestEngine, type TestEngine } from '../../support/routes/test-engine.ts'
import { TOWN, TRIP } from '../../support/routes/world.ts'
import { until } from '../../support/until.ts'

const engines: TestEngine[] = []
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
})

function open(answer: TestEngine['answer'], options: OpenRoutesOptions = {}) {
  const engine = startTestEngine(answer)
  engines.push(engine)
  return { engine, routes: openRoutes(configOf({ routes: 'osrm', routesUrl: engine.url }), options) }
}

test('without an engine the line is straight, and says so', async () => {
  expect(await openRoutes(configOf()).route(TRIP)).toMatchObject({ kind: 'route', source: 'straight' })
})

test('with one, the order’s own line still comes first', async () => {
  const { engine, routes } = open(osrmAnswer)
  const { polyline } = (await openRoutes(configOf()).route(TRIP)) as { polyline: string }
  expect(await routes.route({ ...TRIP, line: { polyline, precision: 6 } })).toMatchObject({ source: 'caller' })
  expect(engine.requests).toHaveLength(0)
})

test('an engine that answers 500 once is asked again, and nobody notices', async () => {
  let failures = 1
  const { engine, routes } = open((request) =>
    failures-- > 0 ? new Response('', { status: 500 }) : osrmAnswer(request),
  )
  expect(await routes.route(TRIP)).toMatchObject({ kind: 'route', source: 'engine' })
  expect(engine.requests).toHaveLength(2)
})

test('an engine that is down is left alone after five requests, and used again when it is back', async () => {
  const states: BreakerState[] = []
  let nowMs = 0
  const { engine, routes } = open(() => new Response('', { status: 503 }), {
    onBreaker: (state) => void states.push(state),
    nowMs: () => nowMs,
  })
  for (let i = 0; i < 5; i++) {
    expect(await routes.route(TRIP)).toMatchObject({ kind: 'unavailable', reason: 'server_error' })
  }
  const asked = engine.requests.length
  expect(asked).toBe(10)
  expect(await routes.route(TRIP)).toMatchObject({ kind: 'unavailable', reason: 'broken', retryAfterMs: 5_000 })
  expect(engine.requests).toHaveLength(asked)
  engine.answer = osrmAnswer
  nowMs += 5_000
  expect(await routes.route(TRIP)).toMatchObject({ kind: 'route' })
  expect(states).toEqual(['open', 'half_open', 'closed'])
})

test('an engine that is slow is given up after 800 ms, however many wait for it', async () => {
  const { routes } = open(() => new Promise<Response>(() => {}))
  const startMs = performance.now()
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => routes.route(trip(index))))
  expect(performance.now() - startMs).toBeWithin(780, 1_300)
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['unavailable']))
})

test('a storm of new orders asks at most sixteen at a time', async () => {
  let [now, most] = [0, 0]
  const { engine, routes } = open(async (request) => {
    most = Math.max(most, ++now)
    await Bun.sleep(5)
    now--
    return osrmAnswer(request)
  })
  const asked = Array.from({ length: 100 }, (_, i) => ({ ...TRIP, to: { lat: 47.18 + i / 5_000, lng: 9.52 } }))
  const answers = await Promise.all(asked.map((request) => routes.route(request)))
  expect(answers.every(({ kind }) => kind === 'route')).toBe(true)
  expect([engine.requests.length, most]).toEqual([100, 16])
})

test('what was asked is not asked again soon, also that there is no route', async () => {
  const { engine, routes } = open(osrmAnswer)
  for (const request of [TRIP, { ...TRIP, from: TOWN.elsewhere }]) {
    const first = await routes.route(request)
    expect(await routes.route(request)).toEqual(first)
  }
  expect(engine.requests).toHaveLength(2)
})

test('closing ends what is under way and what waits', async () => {
  const { engine, routes } = open(() => new Promise<Response>(() => {}))
  const answers = Array.from({ length: 40 }, (_, index) => routes.route(trip(index)))
  await until(() => engine.requests.length === 16, 'sixteen under way')
  await routes.close()
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ reason: 'closed' })
})
