import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { decodePolyline, encodePolyline } from '../../src/domain/polyline.ts'

/** The worked example of Google's page on the format. */
const googleText = '_p~iF~ps|U_ulLnnqC_mqNvxq`@'
const googlePoints = [
  { lat: 38.5, lng: -120.2 },
  { lat: 40.7, lng: -120.95 },
  { lat: 43.252, lng: -126.453 },
]

const point = fc.record({
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lng: fc.double({ min: -180, max: 180, noNaN: true }),
})

describe('encodePolyline', () => {
  test("writes Google's example", () => {
    expect(encodePolyline(googlePoints, 5)).toBe(googleText)
  })

  test('writes an empty line as an empty text', () => {
    expect(encodePolyline([], 6)).toBe('')
  })

  test.each([
    { lat: 90.1, lng: 0 },
    { lat: 0, lng: -180.5 },
    { lat: Number.NaN, lng: 0 },
    { lat: 0, lng: Number.POSITIVE_INFINITY },
  ])('refuses the point %p', (bad) => {
    expect(() => encodePolyline([{ lat: 1, lng: 1 }, bad], 6)).toThrow(
      new RangeError(`polyline point 1 is not on Earth: lat ${bad.lat}, lng ${bad.lng}`),
    )
  })

  test.each([0, 7, 5.5, Number.NaN])('refuses the precision %p', (precision) => {
    expect(() => encodePolyline(googlePoints, precision)).toThrow(RangeError)
  })
})

describe('decodePolyline', () => {
  test("reads Google's example", () => {
    expect(decodePolyline(googleText, 5)).toEqual(googlePoints)
  })

  test('reads an empty text as an empty line', () => {
    expect(decodePolyline('', 5)).toEqual([])
  })

  test('says where a foreign character stands', () => {
    expect(() => decodePolyline('_p~iF ps|U', 5)).toThrow(new RangeError('polyline has a foreign character " " at 5'))
    expect(() => decodePolyline('_p~é', 5)).toThrow(new RangeError('polyline has a foreign character "é" at 3'))
  })

  test('refuses a text that ends inside a number or between latitude and longitude', () => {
    expect(() => decodePolyline('_p~iF~ps|', 5)).toThrow(new RangeError('polyline ends inside a point, at character 9'))
    expect(() => decodePolyline('_p~iF', 5)).toThrow(new RangeError('polyline ends inside a point, at character 5'))
  })

  test('refuses a number that never ends instead of wrapping it', () => {
    expect(() => decodePolyline('~~~~~~~~', 5)).toThrow(
      new RangeError('polyline has a number longer than 6 characters at 0'),
    )
  })

  test('refuses a line of precision 6 read with 5', () => {
    const text = encodePolyline([{ lat: 47.1, lng: 9.5 }], 6)
    expect(() => decodePolyline(text, 5)).toThrow(/not on Earth.*another precision than 5/)
  })

  test.each([0, 7, 5.5])('refuses the precision %p', (precision) => {
    expect(() => decodePolyline(googleText, precision)).toThrow(RangeError)
  })
})

describe('encodePolyline and decodePolyline', () => {
  test('give back every point to half a unit, however long the line', () => {
    fc.assert(
      fc.property(fc.array(point), fc.integer({ min: 1, max: 6 }), (points, precision) => {
        const back = decodePolyline(encodePolyline(points, precision), precision)
        expect(back).toHaveLength(points.length)
        const tolerance = 0.5 * 10 ** -precision + 1e-12
        for (const [index, { lat, lng }] of points.entries()) {
          expect(Math.abs((back[index]?.lat ?? Number.NaN) - lat)).toBeLessThanOrEqual(tolerance)
          expect(Math.abs((back[index]?.lng ?? Number.NaN) - lng)).toBeLessThanOrEqual(tolerance)
        }
      }),
    )
  })

  test('are stable: what was decoded encodes to the same text', () => {
    fc.assert(
      fc.property(fc.array(point), fc.integer({ min: 1, max: 6 }), (points, precision) => {
        const text = encodePolyline(points, precision)
        expect(encodePolyline(decodePolyline(text, precision), precision)).toBe(text)
      }),
    )
  })

  test('any text is read or refused with a RangeError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          decodePolyline(text, 5)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })
})
