/** OSRM's adapter on a real engine and real streets. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { EngineRoutes } from '../../../src/adapters/routes/engine.ts'
import { openRoutes } from '../../../src/adapters/routes/open.ts'
import { osrm } from '../../../src/adapters/routes/osrm.ts'
import { SNAP_RADIUS_M } from '../../../src/adapters/routes/reach.ts'
import { configOf } from '../../../src/config.ts'
import { distanceM } from '../../../src/domain/geo.ts'
import type { Route, RouteProvider, RouteRequest } from '../../../src/ports/routes.ts'
import { describeRoutesContract, type RouteWorld } from '../../contract/routes.contract.ts'
import { type RoutinoOsrm, startRoutinoOsrm } from '../../services/routino-osrm.ts'

const SCHAAN = { lat: 47.1675, lng: 9.5076 }
const VADUZ = { lat: 47.1366, lng: 9.5143 }
const TRIESEN = { lat: 47.1113, lng: 9.5263 }
const BALZERS = { lat: 47.0669, lng: 9.5031 }
/** In the Rätikon, more than 450 m from any street and less than the 1 km that routino looks around. */
const SLOPE = { lat: 47.1271, lng: 9.5652 }
const BANGALORE = { lat: 12.97, lng: 77.59 }
/** By a street that joins no other in the extract. */
const ISLAND = { lat: 47.1936, lng: 9.5254 }

const WORLD: RouteWorld = {
  trips: [
    { from: SCHAAN, to: VADUZ, vehicle: 'car' },
    { from: VADUZ, to: TRIESEN, vehicle: 'motorbike' },
    { from: TRIESEN, to: BALZERS },
  ],
  withStops: { from: SCHAAN, via: [VADUZ, TRIESEN], to: BALZERS, vehicle: 'van' },
  elsewhere: BANGALORE,
}

let car: RoutinoOsrm
let bicycle: RoutinoOsrm
let routes: RouteProvider

beforeAll(async () => {
  ;[car, bicycle] = await Promise.all([startRoutinoOsrm('car'), startRoutinoOsrm('bicycle')])
  routes = openRoutes(configOf({ routes: 'osrm', routesUrl: car.url, routesVehicleUrls: [`bicycle=${bicycle.url}`] }))
}, 120_000)

afterAll(async () => {
  await Promise.all([car?.close(), bicycle?.close()])
})

async function find(request: RouteRequest): Promise<Route> {
  const answer = await routes.route(request)
  if (answer.kind !== 'route') throw new Error(`${answer.kind}: ${answer.reason}, ${answer.detail}`)
  return answer
}

describeRoutesContract('OSRM’s adapter on routino', async () => ({
  routes: openRoutes(configOf({ routes: 'osrm', routesUrl: car.url })),
  world: WORLD,
  cleanup: async () => {},
}))

describe('on the streets of Liechtenstein', () => {
  test('a way is longer than the crow’s, and told to the segment', async () => {
    const route = await find(WORLD.trips[0])
    const crowM = distanceM(SCHAAN, VADUZ)
    expect(route.distanceM).toBeWithin(crowM * 1.02, crowM * 1.5)
    expect(route.durationS).toBeWithin(route.distanceM / 14, route.distanceM / 4)
    expect(route.segmentSeconds?.length).toBeGreaterThan(20)
    expect(route.source).toBe('engine')
  })

  test('each vehicle has its own engine: a bicycle takes longer', async () => {
    const [byCar, byBicycle] = [await find(WORLD.trips[0]), await find({ ...WORLD.trips[0], vehicle: 'bicycle' })]
    expect(byBicycle.durationS).toBeGreaterThan(1.2 * (byCar.durationS ?? 0))
  })

  test('a way against the heading is found after all', async () => {
    const engine = new EngineRoutes(osrm, { url: car.url })
    const trip = WORLD.trips[0]
    const alone = [0, 90, 180, 270].map((headingDeg) => engine.route({ ...trip, headingDeg }))
    expect((await Promise.all(alone)).map(({ kind }) => kind).sort()).toContain('no_route')
    for (const headingDeg of [0, 90, 180, 270]) await find({ ...trip, headingDeg })
  })

  test('another country is no place to start from', async () => {
    expect(await routes.route({ from: BANGALORE, to: VADUZ })).toMatchObject({ kind: 'no_route', reason: 'off_road' })
  })

  test('a place that the engine would snap, but further than the radius, is off the road', async () => {
    const answer = await routes.route({ from: SLOPE, to: VADUZ })
    expect(answer).toMatchObject({ kind: 'no_route', reason: 'off_road' })
    // The engine itself has no such scruples.
    const url = `${car.url}/route/v1/car/${SLOPE.lng},${SLOPE.lat};${VADUZ.lng},${VADUZ.lat}?overview=false`
    const body = (await (await fetch(url)).json()) as { waypoints: { distance: number }[] }
    expect(body.waypoints[0]?.distance).toBeGreaterThan(SNAP_RADIUS_M)
  })

  test('streets that nothing joins have no way between them', async () => {
    expect(await routes.route({ from: VADUZ, to: ISLAND })).toMatchObject({ kind: 'no_route', reason: 'no_way' })
  })
})
