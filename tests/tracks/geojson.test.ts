import { describe, expect, test } from 'bun:test'
import { MAX_JSON_BYTES, readJson } from '../../cli/tracks/json.ts'
import { expectRefusal, readContent } from './track-files.ts'

const DAY_MS = Date.UTC(2026, 0, 31)
const read = (value: unknown) => readContent(JSON.stringify(value))
const feature = (geometry: unknown, properties: unknown = null) => ({ type: 'Feature', properties, geometry })
const collection = (...features: unknown[]) => ({ type: 'FeatureCollection', features })
const line = (...coordinates: number[][]) => ({ type: 'LineString', coordinates })
const pin = (lng: number, properties: unknown = null) => feature({ type: 'Point', coordinates: [lng, 48] }, properties)

describe('readTracks, GeoJSON', () => {
  test('reads a bare geometry, with longitude first', async () => {
    const { format, tracks } = await read(line([11, 48, 500], [12, 49]))
    expect(format).toBe('geojson')
    expect(tracks).toEqual([
      {
        points: [
          { lat: 48, lng: 11, altitudeM: 500 },
          { lat: 49, lng: 12 },
        ],
      },
    ])
  })

  test.each([
    { coordTimes: ['2026-01-31', '2026-02-01'] },
    { coordinateProperties: { times: ['2026-01-31', '2026-02-01'] } },
    { times: [DAY_MS, DAY_MS + 86_400_000] },
  ])('takes the times of a line from %j', async (times) => {
    const { tracks } = await read(feature(line([11, 48], [12, 49]), { name: 'ride', ...times }))
    expect(tracks[0]?.name).toBe('ride')
    expect(tracks[0]?.points.map((point) => point.timeMs)).toEqual([DAY_MS, DAY_MS + 86_400_000])
  })

  test('takes a fourth coordinate as time', async () => {
    const { tracks } = await read(line([11, 48, 0, DAY_MS / 1000]))
    expect(tracks[0]?.points).toEqual([{ lat: 48, lng: 11, altitudeM: 0, timeMs: DAY_MS }])
  })

  test.each([[[[1000], [2000, 3000]]], [[1000, 2000, 3000]]])(
    'joins the lines of a MultiLineString, whose times are %j',
    async (coordTimes) => {
      const geometry = {
        type: 'MultiLineString',
        coordinates: [
          [[1, 1]],
          [],
          [
            [2, 2],
            [3, 3],
          ],
        ],
      }
      const nested = coordTimes.length === 2 ? [coordTimes[0], [], coordTimes[1]] : coordTimes
      const { tracks, findings } = await read(feature(geometry, { coordTimes: nested }))
      expect(tracks[0]?.points.map((point) => [point.lng, point.timeMs])).toEqual([
        [1, 1_000_000],
        [2, 2_000_000],
        [3, 3_000_000],
      ])
      expect(findings.emptySegments).toBe(1)
    },
  )

  test('reads points with a time as one ride in their order, or one for each trip', async () => {
    const { tracks } = await read(
      collection(pin(1, { time: '2026-01-31', speed: 3, course: -1 }), pin(2, { timestamp: 5 })),
    )
    expect(tracks).toEqual([
      {
        points: [
          { lat: 48, lng: 1, timeMs: DAY_MS, speedMps: 3 },
          { lat: 48, lng: 2, timeMs: 5000 },
        ],
      },
    ])
    const trips = await read(collection(pin(1, { trip_id: 7 }), pin(2, { trip_id: 8 }), pin(3, { trip_id: 7 })))
    expect(trips.tracks.map((track) => [track.name, track.points.length])).toEqual([
      ['7', 2],
      ['8', 1],
    ])
  })

  test('timed lines come before timed points, those before lines and points without time', async () => {
    const timedLine = feature(line([11, 48]), { coordTimes: [1] })
    const timedPin = pin(5, { time: 1 })
    expect((await read(collection(timedPin, timedLine))).findings).toMatchObject({
      points: 1,
      notRead: 1,
      withoutTime: 0,
    })
    expect((await read(collection(feature(line([11, 48])), timedPin))).tracks[0]?.points[0]?.lng).toBe(5)
    expect((await read(collection(feature(line([11, 48])), pin(5)))).tracks[0]?.points[0]?.lng).toBe(11)
  })

  test('walks collections of geometries and ignores polygons, nulls and nonsense', async () => {
    const nested = {
      type: 'GeometryCollection',
      geometries: [line([1, 1]), { type: 'Polygon', coordinates: [[[2, 2]]] }, null],
    }
    const { findings } = await read(collection(feature(nested), null, 5, feature(null), { type: 'Feature' }))
    expect(findings.points).toBe(1)
  })

  test('counts positions that are none', async () => {
    const { findings } = await read(line([1, 1], [] as number[], [5], [200, 0], ['a', 'b'] as unknown as number[]))
    expect(findings).toMatchObject({ points: 3, outOfRange: 2, withoutPosition: 2 })
  })

  test('refuses cut off JSON, JSON that is something else, and what is too large, before reading it', async () => {
    await expectRefusal(readContent('{"type":"LineString","coordinates":[[1,1]'), 'malformed')
    await expectRefusal(readContent('{"name":"zlt"}'), 'unknown_format')
    await expectRefusal(readContent('[1,2]'), 'no_position_columns')
    const chunks = () => {
      throw new Error('must not be read')
    }
    await expectRefusal(readJson({ sizeBytes: MAX_JSON_BYTES + 1, chunks }), 'too_large')
  })
})

describe('readTracks, JSON records', () => {
  test('reads an array of points in WKT', async () => {
    const { format, tracks } = await read([
      { point: 'POINT(11.5 48.25)', time: '2026-01-31 01:00:00+0100', id: 'a' },
      { point: 'POINT (12 49)', time: '2026-01-31 02:00:00+0100', id: 'a' },
      { point: 'LINESTRING(1 1, 2 2)', id: 'a' },
    ])
    expect(format).toBe('json')
    expect(tracks).toEqual([
      {
        name: 'a',
        points: [
          { lat: 48.25, lng: 11.5, timeMs: DAY_MS },
          { lat: 49, lng: 12, timeMs: DAY_MS + 3_600_000 },
        ],
      },
    ])
  })

  test('reads an array of plain records, of which some lack a name', async () => {
    const { tracks, findings } = await read([{ lat: 1, lng: 2, t: 3 }, { lng: 2 }, { lat: 4, lng: 5, ele: 6 }, null])
    expect(tracks).toEqual([
      {
        points: [
          { lat: 1, lng: 2, timeMs: 3000 },
          { lat: 4, lng: 5, altitudeM: 6 },
        ],
      },
    ])
    expect(findings.withoutPosition).toBe(1)
    expect(findings.warnings).toEqual(['entries left out that are no records: 1'])
  })
})
