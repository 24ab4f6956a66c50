import { describe, expect, test } from 'bun:test'
import { callerRoute, withCallerLine } from '../../../src/adapters/routes/caller.ts'
import { encodePolyline } from '../../../src/domain/polyline.ts'
import { FOUND, ScriptedRoutes } from '../../support/routes/scripted-routes.ts'
import { BAKERY, MILL, SCHOOL, TRIP, townWay } from '../../support/routes/world.ts'

const way = townWay([BAKERY, SCHOOL]).flatMap(({ line }) => line)
const line = { polyline: encodePolyline(way, 5), precision: 5 }

describe('the order’s own line', () => {
  test('is a route as it is, with its length and no time', () => {
    const answer = callerRoute({ ...TRIP, line })
    expect(answer).toMatchObject({ kind: 'route', ...line, source: 'caller' })
    expect(answer.kind === 'route' && answer.distanceM).toBeWithin(3_600, 3_800)
    expect(answer).not.toHaveProperty('durationS')
  })

  test.each([
    ['there is none', undefined, 'refused'],
    ['it is no polyline', { polyline: 'not one!', precision: 5 }, 'refused'],
    ['it is empty', { polyline: '', precision: 5 }, 'refused'],
    ['it is one point', { polyline: encodePolyline([BAKERY], 5), precision: 5 }, 'refused'],
    ['its precision cannot be', { ...line, precision: 7 }, 'refused'],
    ['its precision is another', { ...line, precision: 6 }, 'off_road'],
    ['it begins elsewhere', { polyline: encodePolyline([MILL, SCHOOL], 5), precision: 5 }, 'off_road'],
    ['it ends elsewhere', { polyline: encodePolyline([BAKERY, MILL], 5), precision: 5 }, 'off_road'],
  ] as const)('where %s, the next is asked', async (_what, own, reason) => {
    const request = { ...TRIP, ...(own && { line: own }) }
    expect(callerRoute(request)).toMatchObject({ kind: 'no_route', reason })
    const next = new ScriptedRoutes([FOUND])
    expect(await withCallerLine(next).route(request)).toBe(FOUND)
  })

  test('it has to pass the stops', () => {
    expect(callerRoute({ ...TRIP, line, via: [MILL] })).toMatchObject({ kind: 'no_route', reason: 'off_road' })
    // In the middle of its longest step, far from its points.
    const between = { lat: 47.175, lng: 9.5001 }
    expect(callerRoute({ ...TRIP, line, via: [between] })).toMatchObject({ kind: 'route' })
  })

  test('a line across the antimeridian is as good as any', () => {
    const [from, to, stop] = [
      { lat: -16.8, lng: 179.98 },
      { lat: -16.8, lng: -179.98 },
      { lat: -16.801, lng: 179.9999 },
    ]
    const across = { polyline: encodePolyline([from, to], 6), precision: 6 }
    const answer = callerRoute({ from, to, via: [stop], line: across })
    expect(answer.kind === 'route' && answer.distanceM).toBeWithin(4_200, 4_300)
  })
})
