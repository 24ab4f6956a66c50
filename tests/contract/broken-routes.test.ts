/** The contract of `RouteProvider` notices each promise that is broken. */

import { StraightRoutes } from '../../src/adapters/routes/straight.ts'
import { encodePolyline } from '../../src/domain/polyline.ts'
import type { Route, RouteAnswer, RouteProvider, RouteRequest } from '../../src/ports/routes.ts'
import { TOWN } from '../support/routes/world.ts'
import { type Broken, describeBroken } from './cases.ts'
import { type OpenedRoutes, ROUTES_CASES } from './routes.contract.ts'

type Ask = (request: RouteRequest, signal?: AbortSignal) => Promise<RouteAnswer>

const straight = new StraightRoutes()
const UNAVAILABLE = { kind: 'unavailable', reason: 'network', retryAfterMs: 1, detail: '' } as const

function spoiled(how: string, spoil: () => Partial<RouteProvider>, breaks: readonly string[]): Broken<OpenedRoutes> {
  const open = async (): Promise<OpenedRoutes> => {
    const routes: RouteProvider = { route: (request) => straight.route(request), close: async () => {}, ...spoil() }
    return { routes, world: TOWN, cleanup: async () => {}, deadlineMs: 300 }
  }
  return { how, breaks, open }
}

/** Changes what the straight line answers. */
function answering(change: (route: Route, request: RouteRequest) => RouteAnswer): () => { route: Ask } {
  return () => ({
    route: async (request) => {
      const answer = await straight.route(request)
      return answer.kind === 'route' ? change(answer, request) : answer
    },
  })
}

const BEGINS = 'a way begins and ends where it was asked, along a line that can be read'
const FITS = 'its distance fits its line, and its times its segments'
const OWN = 'of many asked at once each gets its own'
const FAR = 'a place far from everything gets no way from another place'
const NOWHERE = 'a place that is not on Earth is refused'
const never = () => new Promise<never>(() => {})

const BROKEN = [
  spoiled(
    'leads from the next village',
    answering((route, { from, to }) => ({
      ...route,
      polyline: encodePolyline([{ lat: from.lat + 0.01, lng: from.lng }, to], 6),
    })),
    [BEGINS, OWN],
  ),
  spoiled(
    'is wrong about its precision',
    answering((route) => ({ ...route, precision: 5 })),
    [BEGINS],
  ),
  spoiled(
    'tells kilometres',
    answering((route) => ({ ...route, distanceM: route.distanceM / 1000 })),
    [FITS],
  ),
  spoiled(
    'tells a time too few',
    answering((route) => ({ ...route, durationS: route.distanceM / 8, segmentSeconds: [] })),
    [FITS],
  ),
  spoiled(
    'passes over stops',
    () => ({
      route: (request) => {
        const { via: _, ...direct } = request
        return straight.route(direct)
      },
    }),
    ['it passes each stop'],
  ),
  spoiled('mixes up who asked what', () => {
    let last: RouteRequest
    return {
      route: async (request) => {
        last = request
        await Promise.resolve()
        return straight.route(last)
      },
    }
  }, [OWN]),
  spoiled(
    'snaps across the world',
    () => ({
      route: (request) => {
        const near = (place: RouteRequest['from']) => (place === TOWN.elsewhere ? TOWN.trips[0].from : place)
        return straight.route({ ...request, from: near(request.from), to: near(request.to) })
      },
    }),
    [FAR],
  ),
  spoiled('says that it is away', () => ({ route: async () => UNAVAILABLE }), [FAR, NOWHERE]),
  spoiled(
    'throws what it was thrown',
    () => ({
      route: async ({ from, to }) => ({
        kind: 'route',
        polyline: encodePolyline([from, to], 6),
        precision: 6,
        distanceM: 1,
        source: 'straight',
      }),
    }),
    [NOWHERE],
  ),
  spoiled(
    'takes a heading for a demand',
    answering((route, { headingDeg }) =>
      headingDeg === 180 ? { kind: 'no_route', reason: 'off_road', detail: '' } : route,
    ),
    ['a heading is only a wish'],
  ),
  spoiled(
    'knows no way to where it is',
    answering((route, { from, to }) => (from === to ? { kind: 'no_route', reason: 'no_way', detail: '' } : route)),
    ['from a place to itself is a way of next to no length'],
  ),
  spoiled('is deaf', () => ({ route: never }), ['a request that is given up is answered soon']),
  spoiled('closes for ever', () => ({ close: never }), [
    'closing answers all that is under way, and what comes after it',
  ]),
]

describeBroken('the contract of RouteProvider', ROUTES_CASES, BROKEN)
