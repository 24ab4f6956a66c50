import { expect, test } from 'bun:test'
import { type CacheOptions, withCache } from '../../../src/adapters/routes/cache.ts'
import type { RouteAnswer, RouteRequest } from '../../../src/ports/routes.ts'
import { away, FOUND, NONE, ScriptedRoutes, TestClock, trip } from '../../support/routes/scripted-routes.ts'
import { MILL, TRIP } from '../../support/routes/world.ts'

function cache(script: RouteAnswer[], options: CacheOptions = {}) {
  const clock = new TestClock()
  const engine = new ScriptedRoutes(script)
  return { clock, engine, routes: withCache(engine, { nowMs: clock.nowMs, ...options }) }
}

const found = (times: number) => Array.from({ length: times }, () => FOUND)

test('a route is remembered for its time', async () => {
  const { clock, engine, routes } = cache(found(2), { routeTtlMs: 600_000 })
  await routes.route(TRIP)
  clock.ms += 599_999
  expect(await routes.route(TRIP)).toBe(FOUND)
  expect(engine.asked).toHaveLength(1)
  clock.ms += 1
  await routes.route(TRIP)
  expect(engine.asked).toHaveLength(2)
})

test('that there is none is remembered for a shorter time, that nobody could say not at all', async () => {
  const { clock, engine, routes } = cache([away(), NONE, FOUND], { noRouteTtlMs: 60_000 })
  await routes.route(TRIP)
  expect(await routes.route(TRIP)).toBe(NONE)
  expect(await routes.route(TRIP)).toBe(NONE)
  clock.ms += 60_000
  expect(await routes.route(TRIP)).toBe(FOUND)
  expect(engine.asked).toHaveLength(3)
})

const from = (lat: number, lng: number): RouteRequest => ({ ...TRIP, from: { lat, lng } })

test.each([
  ['5 m beside', from(47.16004, 9.50004)],
  ['a heading of the same eighth', { ...TRIP, headingDeg: 20 }, { ...TRIP, headingDeg: -20 }],
  ['another order’s line', { ...TRIP, line: { polyline: 'x', precision: 5 } }],
] as [string, RouteRequest, RouteRequest?][])('%s is the same', async (_what, request, first = TRIP) => {
  const { engine, routes } = cache(found(2))
  await routes.route(first)
  await routes.route(request)
  expect(engine.asked).toHaveLength(1)
})

test.each([
  ['20 m beside', from(47.1602, 9.5)],
  ['another vehicle', { ...TRIP, vehicle: 'foot' }],
  ['a stop on the way', { ...TRIP, via: [MILL] }],
  ['the way back', { ...TRIP, from: TRIP.to, to: TRIP.from }],
  ['a heading', { ...TRIP, headingDeg: 0 }],
  ['another heading', { ...TRIP, headingDeg: 180 }, { ...TRIP, headingDeg: 0 }],
] as [string, RouteRequest, RouteRequest?][])('%s is another', async (_what, request, first = TRIP) => {
  const { engine, routes } = cache(found(2))
  await routes.route(first)
  await routes.route(request)
  expect(engine.asked).toHaveLength(2)
})

test('a line across the country is not kept: entries are to bound the memory', async () => {
  const { engine, routes } = cache([{ ...FOUND, polyline: '_'.repeat(10_001) } as RouteAnswer, FOUND])
  await routes.route(TRIP)
  await routes.route(TRIP)
  expect(engine.asked).toHaveLength(2)
})

test('it holds so many, and forgets what was not used for longest', async () => {
  const { engine, routes } = cache(found(9), { entries: 3 })
  for (const index of [0, 1, 2]) await routes.route(trip(index))
  await routes.route(trip(0))
  await routes.route(trip(3))
  expect(engine.asked).toHaveLength(4)
  for (const index of [0, 2, 3]) await routes.route(trip(index))
  expect(engine.asked).toHaveLength(4)
  await routes.route(trip(1))
  expect(engine.asked).toHaveLength(5)
})
