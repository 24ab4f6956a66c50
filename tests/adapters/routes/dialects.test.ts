/** What each engine is asked, and what its documented answers become. */

import { afterEach, describe, expect, test } from 'bun:test'
import { type EngineDialect, type EnginePlaces, EngineRoutes } from '../../../src/adapters/routes/engine.ts'
import { graphhopper } from '../../../src/adapters/routes/graphhopper.ts'
import { osrm } from '../../../src/adapters/routes/osrm.ts'
import { valhalla } from '../../../src/adapters/routes/valhalla.ts'
import { encodePolyline } from '../../../src/domain/polyline.ts'
import type { RouteAnswer, RouteRequest } from '../../../src/ports/routes.ts'
import {
  graphhopperAnswer,
  osrmAnswer,
  startTestEngine,
  type TestEngine,
  valhallaAnswer,
} from '../../support/routes/test-engine.ts'
import { BAKERY, MILL, SCHOOL, TRIP } from '../../support/routes/world.ts'

const engines: TestEngine[] = []
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
})

function start(answer: TestEngine['answer']): TestEngine {
  const engine = startTestEngine(answer)
  engines.push(engine)
  return engine
}

/** Asks a fresh engine once; gives what it was asked and what became of its answer. */
async function exchange(
  dialect: EngineDialect,
  answer: TestEngine['answer'],
  request: RouteRequest,
  places: Partial<EnginePlaces> = {},
): Promise<{ asked: TestEngine['requests'][number]; answer: RouteAnswer }> {
  const engine = start(answer)
  const result = await new EngineRoutes(dialect, { url: engine.url, ...places }).route(request)
  return { asked: engine.requests[0] as TestEngine['requests'][number], answer: result }
}

const WITH_STOP: RouteRequest = { from: BAKERY, via: [MILL], to: SCHOOL, vehicle: 'bicycle', headingDeg: -1 }

describe('OSRM', () => {
  test('is asked for all points at six decimals, with a radius for each place', async () => {
    const { asked, answer } = await exchange(osrm, osrmAnswer, WITH_STOP)
    expect(decodeURIComponent(asked.url.pathname)).toBe(
      '/route/v1/bike/9.500000,47.160000;9.490000,47.200000;9.520000,47.180000',
    )
    expect(Object.fromEntries(asked.url.searchParams)).toEqual({
      overview: 'full',
      geometries: 'polyline6',
      annotations: 'duration,distance',
      steps: 'false',
      radiuses: '450;450;450',
      bearings: '359,60;;',
    })
    expect(asked.headers.get('connection')).toBe('close')
    expect(answer).toMatchObject({ kind: 'route', source: 'engine', precision: 6 })
  })

  test('its legs’ seconds become one list; turns count only in the whole', async () => {
    const { answer } = await exchange(osrm, osrmAnswer, { from: BAKERY, via: [MILL], to: SCHOOL })
    if (answer.kind !== 'route') throw new Error(answer.detail)
    expect(answer.segmentSeconds).toHaveLength(6)
    const seconds = answer.segmentSeconds?.reduce((sum, one) => sum + one, 0) ?? 0
    expect((answer.durationS ?? 0) - seconds).toBeCloseTo(2 * 7.4)
  })

  test('a place that it snapped across the world is off the road, though it says Ok', async () => {
    const { answer } = await exchange(
      osrm,
      async ({ url }) => {
        const body = (await (await osrmAnswer({ url })).json()) as { waypoints: { distance: number }[] }
        if (body.waypoints[0]) body.waypoints[0].distance = 7_671_924.54
        return Response.json(body)
      },
      TRIP,
    )
    expect(answer).toEqual({ kind: 'no_route', reason: 'off_road', detail: 'the nearest street is 7671.9 km away' })
  })

  test('so is one whose line itself begins elsewhere', async () => {
    const { answer } = await exchange(
      osrm,
      ({ url }) => {
        const moved = new URL(url.href.replace('9.500000,47.160000', '9.500000,47.170000'))
        return osrmAnswer({ url: moved })
      },
      TRIP,
    )
    expect(answer).toMatchObject({
      kind: 'no_route',
      reason: 'off_road',
      detail: 'the route begins 1.1 km from where it should',
    })
  })

  test.each([
    ['NoSegment', 'off_road'],
    ['NoRoute', 'no_way'],
    ['TooBig', 'refused'],
    ['InvalidQuery', 'refused'],
    ['InvalidValue', 'refused'],
  ])('%s is no route: %s', async (code, reason) => {
    const refusal = () => Response.json({ code, message: 'at 47.141,9.52 it ends' }, { status: 400 })
    const { answer } = await exchange(osrm, refusal, TRIP)
    expect(answer).toEqual({ kind: 'no_route', reason, detail: `${code}: at …,… it ends` } as RouteAnswer)
  })

  test.each(['InvalidUrl', 'InvalidService', 'toString', 'NotImplemented'])('%s is no answer to us', async (code) => {
    const { answer } = await exchange(osrm, () => Response.json({ code }, { status: 400 }), TRIP)
    expect(answer).toMatchObject({ kind: 'unavailable', reason: 'unreadable' })
  })

  test('a vehicle with an engine of its own is asked there, under its path and with its parameters', async () => {
    const [forCars, forBicycles] = [start(osrmAnswer), start(osrmAnswer)]
    const routes = new EngineRoutes(osrm, {
      url: forCars.url,
      urlByVehicle: { bicycle: `${forBicycles.url}/bikes/?token=t` },
    })
    await routes.route({ ...TRIP, vehicle: 'car' })
    await routes.route({ ...TRIP, vehicle: 'bicycle' })
    expect(forCars.requests).toHaveLength(1)
    expect(forBicycles.requests.map(({ url }) => url.pathname.slice(0, 20))).toEqual(['/bikes/route/v1/bike'])
    expect(forBicycles.requests[0]?.url.searchParams.get('token')).toBe('t')
  })

  test('a caller’s signal that lives on keeps nothing of the requests made with it', async () => {
    const { signal } = new AbortController()
    const listeners = { added: 0, removed: 0 }
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners.added++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners.removed++
      remove(...args)
    }
    const routes = new EngineRoutes(osrm, { url: start(osrmAnswer).url })
    for (let i = 0; i < 5; i++) await routes.route(TRIP, signal)
    expect(listeners).toEqual({ added: 5, removed: 5 })
  })

  test('a password in the URL goes into the header', async () => {
    const engine = start(osrmAnswer)
    await new EngineRoutes(osrm, { url: engine.url.replace('//', '//user:p%20w@') }).route(TRIP)
    expect(engine.requests[0]?.headers.get('authorization')).toBe(`Basic ${btoa('user:p w')}`)
  })
})

describe('Valhalla', () => {
  test('is asked in kilometres, by the vehicle’s costing', async () => {
    const { asked } = await exchange(valhalla, valhallaAnswer, { ...WITH_STOP, vehicle: 'motorbike' })
    expect([asked.method, asked.url.pathname, asked.headers.get('content-type')]).toEqual([
      'POST',
      '/route',
      'application/json',
    ])
    expect(JSON.parse(asked.body)).toEqual({
      locations: [
        { lat: 47.16, lon: 9.5, search_cutoff: 450, heading: 359 },
        { lat: 47.2, lon: 9.49, search_cutoff: 450 },
        { lat: 47.18, lon: 9.52, search_cutoff: 450 },
      ],
      costing: 'motor_scooter',
      units: 'kilometers',
      directions_type: 'maneuvers',
    })
  })

  test('its legs become one line, its manoeuvres’ times are spread by length', async () => {
    const { answer } = await exchange(valhalla, valhallaAnswer, { from: BAKERY, via: [MILL], to: SCHOOL })
    if (answer.kind !== 'route') throw new Error(answer.detail)
    const [first = 0, second = 0, third = 0] = answer.segmentSeconds ?? []
    expect(answer.segmentSeconds).toHaveLength(6)
    expect(first).toBeCloseTo(second)
    expect(first + second + third).toBeLessThan(answer.durationS ?? 0)
    expect(answer.distanceM / (answer.durationS ?? 1)).toBeCloseTo(8)
  })

  test('an answer in miles is understood', async () => {
    const { answer } = await exchange(
      valhalla,
      async (request) => {
        const body = (await valhallaAnswer(request).json()) as { trip: { units: string; summary: { length: number } } }
        body.trip.units = 'miles'
        body.trip.summary.length /= 1.609344
        return Response.json(body)
      },
      TRIP,
    )
    expect(answer).toMatchObject({ kind: 'route' })
    expect(answer.kind === 'route' && answer.distanceM / (answer.durationS ?? 1)).toBeCloseTo(8)
  })

  test.each([
    [171, 'off_road'],
    [442, 'no_way'],
    [170, 'no_way'],
    [154, 'refused'],
  ])('error %i is no route: %s', async (error_code, reason) => {
    const refusal = () => Response.json({ error_code, error: 'no', status_code: 400 }, { status: 400 })
    const { answer } = await exchange(valhalla, refusal, TRIP)
    expect(answer).toMatchObject({ kind: 'no_route', reason: reason as 'refused' })
  })
})

describe('GraphHopper', () => {
  test('is asked for six decimals and the times of each segment', async () => {
    const { asked, answer } = await exchange(graphhopper('secret'), graphhopperAnswer, WITH_STOP)
    expect(asked.url.searchParams.getAll('point')).toEqual([
      '47.160000,9.500000',
      '47.200000,9.490000',
      '47.180000,9.520000',
    ])
    const { point: _, ...rest } = Object.fromEntries(asked.url.searchParams)
    expect(rest).toEqual({
      profile: 'bike',
      points_encoded: 'true',
      points_encoded_multiplier: '1000000',
      elevation: 'false',
      instructions: 'false',
      details: 'time',
      heading: '359',
      'ch.disable': 'true',
      key: 'secret',
    })
    expect(answer.kind === 'route' && answer.segmentSeconds).toHaveLength(6)
    expect(answer.kind === 'route' && answer.distanceM / (answer.durationS ?? 1)).toBeCloseTo(8)
  })

  test('a server that knows no multiplier is found out', async () => {
    const { answer } = await exchange(
      graphhopper(),
      async (request) => {
        const body = (await graphhopperAnswer(request).json()) as { paths: Record<string, unknown>[] }
        const { points_encoded_multiplier: _, ...path } = body.paths[0] ?? {}
        return Response.json({ paths: [{ ...path, points: encodePolyline([BAKERY, SCHOOL], 5) }] })
      },
      TRIP,
    )
    expect(answer).toMatchObject({ kind: 'unavailable', reason: 'unreadable' })
  })

  test.each([
    ['PointNotFoundException', 'off_road'],
    ['PointOutOfBoundsException', 'off_road'],
    ['ConnectionNotFoundException', 'no_way'],
    ['IllegalArgumentException', 'refused'],
  ])('%s is no route: %s', async (name, reason) => {
    const message = 'Cannot find point 0: 47.14,9.52'
    const hints = [{ message, details: `com.graphhopper.util.exceptions.${name}` }]
    const { answer } = await exchange(graphhopper(), () => Response.json({ message, hints }, { status: 400 }), TRIP)
    expect(answer).toEqual({ kind: 'no_route', reason, detail: 'Cannot find point 0: …,…' } as RouteAnswer)
  })

  test('a wrong key is told without the key', async () => {
    const refusal = () => Response.json({ message: 'Wrong credentials: secret' }, { status: 401 })
    const { answer } = await exchange(graphhopper('secret'), refusal, TRIP)
    expect(answer).toMatchObject({ kind: 'unavailable', reason: 'denied', retryAfterMs: 60_000 })
    expect(JSON.stringify(answer)).not.toContain('secret')
  })
})
