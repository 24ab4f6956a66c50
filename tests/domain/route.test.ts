import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { distanceM, type Point } from '../../src/domain/geo.ts'
import { encodePolyline } from '../../src/domain/polyline.ts'
import { pointAlong, prepareRoute, routeId, type Snap, snapToRoute, straightRoute } from '../../src/domain/route.ts'
import { place, routeOf } from './generated-ride.ts'

function snapWhole(line: Parameters<typeof snapToRoute>[0], point: Point, headingDeg = Number.NaN): Snap {
  const out: Snap = { alongM: 0, perpM: 0, cost: 0, segment: 0 }
  snapToRoute(line, { ...point, fromM: 0, toM: line.lengthM, nearM: 0, nearWeight: 0, headingDeg }, out)
  return out
}

describe('prepareRoute', () => {
  test.each([5, 6])('measures the decoded line, precision %p', (precision) => {
    const points = [place([0, 0]), place([300, 0]), place([300, 400])]
    const route = prepareRoute({ polyline: encodePolyline(points, precision), precision })
    expect(Math.abs(route.lengthM - 700)).toBeLessThan(3)
    expect(route.cumM).toHaveLength(3)
    expect(route.cumM[2]).toBe(route.lengthM)
  })

  test('an equal line has an equal id, another line or precision another', () => {
    const a = straightRoute([place([0, 0]), place([300, 0])])
    const b = straightRoute([place([0, 0]), place([301, 0])])
    expect(prepareRoute(a).id).toBe(prepareRoute({ ...a, segmentS: [20] }).id)
    expect(prepareRoute(a).id).toMatch(/^[0-9a-f]{16}$/)
    expect(routeId(a.polyline, 5)).not.toBe(routeId(a.polyline, 6))
    expect(prepareRoute(a).id).not.toBe(prepareRoute(b).id)
  })

  test('ids of ten thousand lines differ', () => {
    const ids = new Set(Array.from({ length: 10_000 }, (_, i) => routeId(`_p~iF~ps|U${i}`, 6)))
    expect(ids.size).toBe(10_000)
  })

  test('refuses a line of one point and durations that are not one a segment', () => {
    const line = straightRoute([place([0, 0]), place([300, 0])])
    expect(() => prepareRoute(straightRoute([place([0, 0])]))).toThrow(RangeError)
    expect(() => prepareRoute({ ...line, segmentS: [1, 2] })).toThrow(
      new RangeError('a route of 1 segments needs as many durations, not 2'),
    )
    expect(() => prepareRoute({ ...line, segmentS: [-1] })).toThrow(RangeError)
    expect(() => prepareRoute({ ...line, segmentS: [Number.POSITIVE_INFINITY] })).toThrow(RangeError)
  })

  test('a line that repeats its points has no length and still snaps', () => {
    const route = routeOf([5, 5], [5, 5])
    expect(route.lengthM).toBe(0)
    expect(snapWhole(route, place([5, 45]))).toMatchObject({ alongM: 0 })
    expect(snapWhole(route, place([5, 45])).perpM).toBeCloseTo(40, 0)
  })
})

describe('snapToRoute', () => {
  const route = routeOf([0, 0], [1000, 0], [1000, 1000])

  test('finds the nearest point and its distance', () => {
    const snap = snapWhole(route, place([400, 30]))
    expect(snap.alongM).toBeCloseTo(400, 0)
    expect(snap.perpM).toBeCloseTo(30, 0)
  })

  test('looks only at the window', () => {
    const out: Snap = { alongM: 0, perpM: 0, cost: 0, segment: 0 }
    const query = { ...place([400, 30]), fromM: 600, toM: 900, nearM: 0, nearWeight: 0, headingDeg: Number.NaN }
    snapToRoute(route, query, out)
    expect(out.alongM).toBeCloseTo(600, 0)
    expect(out.perpM).toBeCloseTo(Math.hypot(200, 30), 0)
  })

  test('of two roads side by side takes the one that leads where the rider heads', () => {
    const outAndBack = routeOf([0, 0], [1000, 0], [1000, 10], [0, 10])
    expect(snapWhole(outAndBack, place([500, 6]), 90).alongM).toBeCloseTo(500, 0)
    expect(snapWhole(outAndBack, place([500, 6]), 270).alongM).toBeCloseTo(1510, 0)
  })

  test('works over the antimeridian', () => {
    const line = [
      { lat: -17, lng: 179.995 },
      { lat: -17, lng: -179.995 },
    ] as const
    const pacific = prepareRoute(straightRoute(line))
    expect(pacific.lengthM).toBeCloseTo(distanceM(...line), 3)
    const snap = snapWhole(pacific, { lat: -17, lng: -179.999 })
    expect(snap.perpM).toBeLessThan(0.1)
    expect(snap.alongM / pacific.lengthM).toBeCloseTo(0.6, 3)
    const middle = pointAlong(pacific, 0.6 * pacific.lengthM)
    expect(middle.lng).toBeCloseTo(-179.999, 5)
  })

  test('no point of the route is nearer than the one that is found', () => {
    const metres = fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: -2000, max: 2000 }))
    fc.assert(
      fc.property(fc.array(metres, { minLength: 2, maxLength: 12 }), metres, (line, at) => {
        const some = routeOf(...line)
        const { perpM, alongM } = snapWhole(some, place(at))
        expect(distanceM(pointAlong(some, alongM), place(at))).toBeCloseTo(perpM, -0.5)
        for (let i = 0; i <= 50; i++) {
          const otherM = distanceM(pointAlong(some, (i / 50) * some.lengthM), place(at))
          // Flat metres around the place against the sphere: a few centimetres at this size.
          expect(perpM).toBeLessThanOrEqual(otherM * 1.001 + 0.1)
        }
      }),
      { numRuns: 200 },
    )
  })
})
