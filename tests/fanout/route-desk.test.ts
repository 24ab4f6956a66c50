import { describe, expect, test } from 'bun:test'
import type { RouteInput } from '../../src/domain/route.ts'
import type { RouteRequest } from '../../src/domain/trip.ts'
import { RouteDesk } from '../../src/fanout/route-desk.ts'
import { Metrics } from '../../src/metrics.ts'
import type { RouteAnswer } from '../../src/ports/routes.ts'
import { away, FOUND, NONE, ScriptedRoutes } from '../support/routes/scripted-routes.ts'
import { BAKERY, SCHOOL } from '../support/routes/world.ts'

const REQUEST: RouteRequest = { plan: 'drop', from: BAKERY, via: [], to: SCHOOL, vehicle: 'van', headingDeg: 90 }

function desk(routes = new ScriptedRoutes()) {
  const metrics = new Metrics()
  const taken: RouteInput[] = []
  return { routes, metrics, taken, take: (line: RouteInput) => taken.push(line), desk: new RouteDesk(routes, metrics) }
}

const counted = ({ metrics }: { metrics: Metrics }) =>
  Object.fromEntries(
    [...metrics.render().matchAll(/zlt_routes_total\{outcome="(\w+)"\} (\d+)/g)].map((m) => [m[1], m[2]]),
  )

describe('a desk', () => {
  test('asks for the places alone, and hands the line on', async () => {
    const at = desk(new ScriptedRoutes([{ ...FOUND, segmentSeconds: [1] } as RouteAnswer]))
    await at.desk.ask('o1', REQUEST, at.take)
    const { plan: _, ...places } = REQUEST
    expect(at.routes.asked[0]?.request).toEqual(places)
    expect(at.taken).toEqual([{ polyline: 'x', precision: 6, segmentS: [1] }])
    expect(counted(at)).toEqual({ route: '1' })
  })

  test('takes no line from an engine that has none, that is away, or that draws a straight one', async () => {
    const straight = { ...FOUND, source: 'straight' } as RouteAnswer
    const at = desk(new ScriptedRoutes([NONE, away(), away('timeout'), straight]))
    for (let i = 0; i < 4; i++) await at.desk.ask('o1', REQUEST, at.take)
    expect(at.taken).toEqual([])
    expect(counted(at)).toEqual({ no_route: '1', network: '1', timeout: '1', route: '1' })
  })

  test('gives up what an order asked for before, and ignores its answer', async () => {
    const at = desk()
    const first = at.desk.ask('o1', REQUEST, () => at.taken.push({ polyline: 'old', precision: 6 }))
    const second = at.desk.ask('o1', { ...REQUEST, plan: 'newer' }, at.take)
    expect(at.routes.asked.map(({ signal }) => signal?.aborted)).toEqual([true, false])
    at.routes.asked[1]?.answer(FOUND)
    await second
    at.routes.asked[0]?.answer(FOUND)
    await first
    expect(at.taken).toEqual([{ polyline: 'x', precision: 6 }])
  })

  test('asks for each order apart', async () => {
    const at = desk()
    const both = [at.desk.ask('o1', REQUEST, at.take), at.desk.ask('o2', REQUEST, at.take)]
    for (const { answer, signal } of at.routes.asked) {
      expect(signal?.aborted).toBe(false)
      answer(FOUND)
    }
    await Promise.all(both)
    expect(at.taken.length).toBe(2)
  })

  test('asks again for an order whose last request was answered, without giving anything up', async () => {
    const at = desk(new ScriptedRoutes([FOUND, FOUND]))
    await at.desk.ask('o1', REQUEST, at.take)
    await at.desk.ask('o1', REQUEST, at.take)
    expect(at.routes.asked.map(({ signal }) => signal?.aborted)).toEqual([false, false])
  })

  test('gives up everything when it closes, and closes the provider', async () => {
    const at = desk()
    const asking = at.desk.ask('o1', REQUEST, at.take)
    await at.desk.close()
    expect([at.routes.asked[0]?.signal?.aborted, at.routes.closed]).toEqual([true, 1])
    at.routes.asked[0]?.answer(away('aborted'))
    await asking
    expect(at.taken).toEqual([])
  })
})
