import { describe, expect, test } from 'bun:test'
import { parseTrail } from '../../../web/client/trail.ts'

const coordinates = [
  [9.5, 47.1],
  [9.6, 47.2, 450],
]
const places = [
  { lng: 9.5, lat: 47.1 },
  { lng: 9.6, lat: 47.2 },
]

describe('parseTrail', () => {
  test.each([
    ['a line', { type: 'LineString', coordinates }],
    ['a feature', { type: 'Feature', properties: { complete: true }, geometry: { type: 'LineString', coordinates } }],
    ['lines', { type: 'MultiLineString', coordinates: [coordinates.slice(0, 1), coordinates.slice(1)] }],
    [
      'points',
      {
        type: 'FeatureCollection',
        complete: false,
        features: coordinates.map((one) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: one } })),
      },
    ],
  ])('reads %s', (_, value) => {
    expect(parseTrail(value)).toEqual(places)
  })

  test.each([
    [null],
    ['x'],
    [[]],
    [{}],
    [{ type: 'Feature', geometry: null }],
    [{ type: 'LineString', coordinates: [[200, 0], ['a', 1], [1], null] }],
    [{ type: 'FeatureCollection', features: {} }],
  ])('finds nothing in %j', (value) => {
    expect(parseTrail(value)).toEqual([])
  })
})
