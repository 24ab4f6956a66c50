import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { distanceM, lngDelta, moved, turnDeg } from '../../../web/track/geo.ts'
import { decodeLine, headingAt, lineOf, pointAt, splitAt } from '../../../web/track/line.ts'

/** Encodes by the published algorithm, as a route service would. */
function encode(points: [number, number][], precision: number): string {
  let text = ''
  let before: [number, number] = [0, 0]
  for (const [lat, lng] of points) {
    const now: [number, number] = [Math.round(lat * 10 ** precision), Math.round(lng * 10 ** precision)]
    for (const i of [0, 1] as const) {
      const delta = now[i] - before[i]
      let value = delta < 0 ? -delta * 2 - 1 : delta * 2
      while (value >= 32) {
        text += String.fromCharCode((value % 32) + 32 + 63)
        value = Math.floor(value / 32)
      }
      text += String.fromCharCode(value + 63)
    }
    before = now
  }
  return text
}

describe('decodeLine', () => {
  test('reads the example of the published algorithm', () => {
    expect(decodeLine('_p~iF~ps|U_ulLnnqC_mqNvxq`@', 5)?.points).toEqual([
      { lat: 38.5, lng: -120.2 },
      { lat: 40.7, lng: -120.95 },
      { lat: 43.252, lng: -126.453 },
    ])
  })

  test('gives back any line that was encoded, at both precisions', () => {
    const place = fc.tuple(
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(place, { minLength: 2, maxLength: 20 }), fc.constantFrom(5, 6), (places, precision) => {
        const line = decodeLine(encode(places, precision), precision)
        expect(line?.points).toHaveLength(places.length)
        for (const [i, [lat, lng]] of places.entries()) {
          expect(line?.points[i]?.lat).toBeCloseTo(lat, precision - 1)
          expect(line?.points[i]?.lng).toBeCloseTo(lng, precision - 1)
        }
      }),
    )
  })

  test.each(['', '_p~iF~ps|U', '_p~iF~ps|U_', 'ä'])('%p is no line', (text) => {
    expect(decodeLine(text, 5)).toBeUndefined()
  })
})

describe('a line', () => {
  const start = { lng: 9.52, lat: 47.14 }
  const corner = moved(start, 90, 100)
  const end = moved(corner, 0, 50)
  const line = lineOf([start, corner, end])

  test('is walked by metres and not left at its ends', () => {
    expect(line.lengthM).toBeCloseTo(150, 1)
    expect(distanceM(pointAt(line, 0), start)).toBeCloseTo(0, 3)
    expect(distanceM(pointAt(line, 40), start)).toBeCloseTo(40, 1)
    expect(distanceM(pointAt(line, 100), corner)).toBeCloseTo(0, 1)
    expect(distanceM(pointAt(line, 999), end)).toBeCloseTo(0, 3)
    expect(distanceM(pointAt(line, -5), start)).toBeCloseTo(0, 3)
  })

  test('leads where the road leads', () => {
    expect(headingAt(line, 20)).toBeCloseTo(90, 0)
    expect(turnDeg(0, headingAt(line, 120))).toBeCloseTo(0, 0)
    expect(turnDeg(0, headingAt(line, 150))).toBeCloseTo(0, 0)
  })

  test('is split where the rider is', () => {
    const { taken, toGo } = splitAt(line, 40)
    expect(taken).toHaveLength(2)
    expect(toGo).toHaveLength(3)
    expect(taken.at(-1)).toEqual(toGo[0] as [number, number])
  })

  test('with a point twice has no hole there', () => {
    const doubled = lineOf([start, start, corner, corner])
    expect(distanceM(pointAt(doubled, 50), start)).toBeCloseTo(50, 1)
  })
})

describe('degrees', () => {
  test('go the short way round', () => {
    expect(turnDeg(350, 10)).toBeCloseTo(20)
    expect(turnDeg(10, 350)).toBeCloseTo(-20)
    expect(lngDelta(179, -179)).toBeCloseTo(2)
    expect(distanceM({ lng: 179.999, lat: 0 }, { lng: -179.999, lat: 0 })).toBeLessThan(250)
  })
})
