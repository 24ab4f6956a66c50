/** The contract of `RouteProvider`: every MUST of `src/ports/routes.ts`, for any adapter. */

import { expect } from 'bun:test'
import { distanceM, type Point } from '../../src/domain/geo.ts'
import { decodePolyline } from '../../src/domain/polyline.ts'
import {
  ROUTE_REACH_M,
  type Route,
  type RouteAnswer,
  type RouteProvider,
  type RouteRequest,
} from '../../src/ports/routes.ts'
import { type ContractCase, describeCases, type Opened, type Skip } from './cases.ts'

/** What the provider is asked in the cases. */
export interface RouteWorld {
  /** Three or more trips between places at least 1.5 km from each other, each of which there is a way for. */
  trips: readonly [RouteRequest, RouteRequest, RouteRequest, ...RouteRequest[]]
  /** One with stops on the way. */
  withStops: RouteRequest
  /** A place far from everything else. */
  elsewhere: Point
}

export interface OpenedRoutes extends Opened {
  routes: RouteProvider
  world: RouteWorld
}

type RoutesCase = ContractCase<OpenedRoutes>

const DEADLINE_MS = 5_000

export const ROUTES_CASES: readonly RoutesCase[] = [
  {
    name: 'a way begins and ends where it was asked, along a line that can be read',
    async run(opened) {
      for (const trip of opened.world.trips) {
        const { line } = await findRoute(opened, trip)
        expect(line.length).toBeGreaterThanOrEqual(2)
        expect(distanceM(line[0] as Point, trip.from)).toBeLessThan(ROUTE_REACH_M)
        expect(distanceM(line.at(-1) as Point, trip.to)).toBeLessThan(ROUTE_REACH_M)
      }
    },
  },
  {
    name: 'its distance fits its line, and its times its segments',
    async run(opened) {
      for (const trip of [...opened.world.trips, opened.world.withStops]) {
        const { route, line } = await findRoute(opened, trip)
        const lengthM = line.reduce((sum, point, index) => sum + distanceM(line[index - 1] ?? point, point), 0)
        expect(route.distanceM).toBeWithin(lengthM * 0.95 - 10, lengthM * 1.05 + 10)
        if (route.durationS !== undefined) expect(route.distanceM / route.durationS).toBeWithin(0.5, 50)
        if (route.segmentSeconds === undefined) continue
        expect(route.segmentSeconds).toHaveLength(line.length - 1)
        expect(Math.min(...route.segmentSeconds)).toBeGreaterThanOrEqual(0)
        const seconds = route.segmentSeconds.reduce((sum, one) => sum + one, 0)
        expect(seconds).toBeWithin(1, (route.durationS ?? 0) * 1.01 + 1)
      }
    },
  },
  {
    name: 'it passes each stop',
    async run(opened) {
      const { line } = await findRoute(opened, opened.world.withStops)
      const stops = opened.world.withStops.via ?? []
      expect(stops.length).toBeGreaterThan(0)
      for (const stop of stops) {
        expect(Math.min(...line.map((point) => distanceM(point, stop)))).toBeLessThan(ROUTE_REACH_M)
      }
    },
  },
  {
    name: 'of many asked at once each gets its own',
    async run(opened) {
      const asked = Array.from(
        { length: 12 },
        (_, i) => opened.world.trips[i % opened.world.trips.length] as RouteRequest,
      )
      const found = await Promise.all(asked.map((trip) => findRoute(opened, trip)))
      for (const [index, { line }] of found.entries()) {
        const { from, to } = asked[index] as RouteRequest
        expect(distanceM(line[0] as Point, from)).toBeLessThan(ROUTE_REACH_M)
        expect(distanceM(line.at(-1) as Point, to)).toBeLessThan(ROUTE_REACH_M)
      }
    },
  },
  {
    name: 'a place far from everything gets no way from another place',
    async run(opened) {
      const [trip] = opened.world.trips
      for (const request of [
        { ...trip, from: opened.world.elsewhere },
        { ...trip, to: opened.world.elsewhere },
      ]) {
        const answer = await ask(opened, request)
        expect(['route', 'no_route']).toContain(answer.kind)
        if (answer.kind !== 'route') continue
        const line = decodePolyline(answer.polyline, answer.precision)
        expect(distanceM(line[0] as Point, request.from)).toBeLessThan(ROUTE_REACH_M)
        expect(distanceM(line.at(-1) as Point, request.to)).toBeLessThan(ROUTE_REACH_M)
      }
    },
  },
  {
    name: 'a place that is not on Earth is refused',
    async run(opened) {
      const [trip] = opened.world.trips
      for (const nowhere of [
        { lat: Number.NaN, lng: 9 },
        { lat: 91, lng: 9 },
        { lat: 47, lng: Number.POSITIVE_INFINITY },
      ]) {
        for (const request of [
          { ...trip, from: nowhere },
          { ...trip, to: nowhere },
          { ...trip, via: [nowhere] },
        ]) {
          expect(await ask(opened, request)).toMatchObject({ kind: 'no_route', reason: 'refused' })
        }
      }
    },
  },
  {
    name: 'a heading is only a wish',
    async run(opened) {
      const [trip] = opened.world.trips
      for (const headingDeg of [0, 90, 180, 270, 359.9, -90, Number.NaN]) {
        await findRoute(opened, { ...trip, headingDeg })
      }
    },
  },
  {
    name: 'from a place to itself is a way of next to no length',
    async run(opened) {
      const [{ from, vehicle }] = opened.world.trips
      const { route } = await findRoute(opened, { from, to: from, ...(vehicle && { vehicle }) })
      expect(route.distanceM).toBeLessThan(ROUTE_REACH_M)
    },
  },
  {
    name: 'a request that is given up is answered soon',
    async run(opened) {
      const [trip] = opened.world.trips
      await within(1_000, opened.routes.route(trip, AbortSignal.abort(new Error('before it began'))))
      const controller = new AbortController()
      const answer = opened.routes.route(trip, controller.signal)
      controller.abort()
      await within(1_000, answer)
    },
  },
  {
    name: 'closing answers all that is under way, and what comes after it',
    async run(opened) {
      const underWay = opened.world.trips.map((trip) => opened.routes.route(trip))
      await within(1_000, opened.routes.close())
      await within(1_000, Promise.all(underWay))
      await ask(opened, opened.world.trips[0])
    },
  },
]

/** Runs the contract on what `open` opens, afresh for each case. */
export function describeRoutesContract(
  name: string,
  open: () => Promise<OpenedRoutes>,
  options: { skip?: readonly Skip[] } = {},
): void {
  describeCases(`${name} keeps the contract of RouteProvider`, ROUTES_CASES, open, options.skip)
}

async function findRoute(opened: OpenedRoutes, request: RouteRequest): Promise<{ route: Route; line: Point[] }> {
  const answer = await ask(opened, request)
  if (answer.kind !== 'route') throw new Error(`no route: ${answer.kind}, ${answer.reason}, ${answer.detail}`)
  return { route: answer, line: decodePolyline(answer.polyline, answer.precision) }
}

/** What is asked is frozen: a provider that changes it throws. */
function ask({ routes, deadlineMs = DEADLINE_MS }: OpenedRoutes, request: RouteRequest): Promise<RouteAnswer> {
  for (const part of [request, request.from, request.to, request.via ?? []]) Object.freeze(part)
  return within(deadlineMs, routes.route(request))
}

async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`not settled within ${deadlineMs} ms`)), deadlineMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
