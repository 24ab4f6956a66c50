import { expect, test } from 'bun:test'
import { withSingleFlight } from '../../../src/adapters/routes/single-flight.ts'
import { FOUND, ScriptedRoutes, trip } from '../../support/routes/scripted-routes.ts'
import { TRIP } from '../../support/routes/world.ts'

test('all who ask the same at the same time share one request', async () => {
  const engine = new ScriptedRoutes()
  const routes = withSingleFlight(engine)
  const answers = Array.from({ length: 5 }, () => routes.route(TRIP))
  const other = routes.route(trip(1))
  expect(engine.asked).toHaveLength(2)
  for (const { answer } of engine.asked) answer(FOUND)
  for (const answer of [...answers, other]) expect(await answer).toBe(FOUND)
})

test('it remembers nothing: the next one asks anew', async () => {
  const engine = new ScriptedRoutes([FOUND, FOUND])
  const routes = withSingleFlight(engine)
  await routes.route(TRIP)
  await routes.route(TRIP)
  expect(engine.asked).toHaveLength(2)
})

test('one who gives up leaves alone', async () => {
  const engine = new ScriptedRoutes()
  const routes = withSingleFlight(engine)
  const controller = new AbortController()
  const leaving = routes.route(TRIP, controller.signal)
  const staying = routes.route(TRIP)
  controller.abort()
  expect(await leaving).toMatchObject({ kind: 'unavailable', reason: 'aborted' })
  expect(engine.asked[0]?.signal?.aborted).toBe(false)
  engine.asked[0]?.answer(FOUND)
  expect(await staying).toBe(FOUND)
  expect(engine.asked).toHaveLength(1)
})

test('when all have given up the request is given up too, and the next one is another', async () => {
  const engine = new ScriptedRoutes()
  const routes = withSingleFlight(engine)
  const controllers = [new AbortController(), new AbortController()]
  const leaving = controllers.map(({ signal }) => routes.route(TRIP, signal))
  for (const controller of controllers) controller.abort()
  await Promise.all(leaving)
  expect(engine.asked[0]?.signal?.aborted).toBe(true)
  const next = routes.route(TRIP)
  engine.asked[1]?.answer(FOUND)
  expect(await next).toBe(FOUND)
})

test('who has given up before asks nothing', async () => {
  const engine = new ScriptedRoutes()
  await withSingleFlight(engine).route(TRIP, AbortSignal.abort())
  expect(engine.asked).toHaveLength(0)
})
