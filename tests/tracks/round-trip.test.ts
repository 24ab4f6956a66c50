import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Track, TrackPoint } from '../../cli/tracks/track.ts'
import { gpx, readContent } from './track-files.ts'

const point: fc.Arbitrary<TrackPoint> = fc
  .record(
    {
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
      lng: fc.double({ min: -180, max: 180, noNaN: true }),
      timeMs: fc
        .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.getTime()),
      altitudeM: fc.double({ min: -400, max: 9000, noNaN: true }),
    },
    { requiredKeys: ['lat', 'lng'] },
  )
  // -0 is written as 0.
  .map((each) => ({
    ...each,
    lat: each.lat + 0,
    lng: each.lng + 0,
    ...(each.altitudeM === undefined ? {} : { altitudeM: each.altitudeM + 0 }),
  }))
const name = fc.stringMatching(/^[A-Za-z0-9é&<>"',;]{1,12}$/)
const tracks: fc.Arbitrary<Track[]> = fc.uniqueArray(
  fc.record({ name, points: fc.array(point, { minLength: 2, maxLength: 20 }) }),
  {
    minLength: 1,
    maxLength: 4,
    selector: (track) => track.name,
  },
)

const isoOf = (timeMs: number) => new Date(timeMs).toISOString()

function asGpx(rides: readonly Track[]): string {
  const escaped = (text = '') => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const body = rides.map((ride) => {
    const points = ride.points.map(({ lat, lng, timeMs, altitudeM }) => {
      const ele = altitudeM === undefined ? '' : `<ele>${altitudeM}</ele>`
      const time = timeMs === undefined ? '' : `<time>${isoOf(timeMs)}</time>`
      return `<trkpt lat="${lat}" lon="${lng}">${ele}${time}</trkpt>`
    })
    return `<trk><name>${escaped(ride.name)}</name><trkseg>${points.join('\n')}</trkseg></trk>`
  })
  return gpx(body.join(''))
}

function asCsv(rides: readonly Track[]): string {
  const rows = rides.flatMap((ride) =>
    ride.points.map(({ lat, lng, timeMs, altitudeM }) => {
      const trip = `"${ride.name?.replaceAll('"', '""')}"`
      return [
        lat,
        trip,
        timeMs === undefined ? '' : isoOf(timeMs).replace('T', ' ').replace('Z', ''),
        altitudeM ?? '',
        lng,
      ].join(',')
    }),
  )
  return ['lat,trip,time,altitude,lng', ...rows].join('\r\n')
}

function asGeoJson(rides: readonly Track[]): string {
  const features = rides.map((ride) => ({
    type: 'Feature',
    properties: {
      name: ride.name,
      coordTimes: ride.points.map((each) => (each.timeMs === undefined ? null : isoOf(each.timeMs))),
    },
    geometry: {
      type: 'LineString',
      coordinates: ride.points.map(({ lat, lng, altitudeM }) =>
        altitudeM === undefined ? [lng, lat] : [lng, lat, altitudeM],
      ),
    },
  }))
  return JSON.stringify({ type: 'FeatureCollection', features })
}

test.each([
  ['GPX', asGpx],
  ['CSV', asCsv],
  ['GeoJSON', asGeoJson],
] as const)('what was written as %s is read back equal', async (_format, write) => {
  await fc.assert(
    fc.asyncProperty(tracks, async (rides) => {
      const { tracks: read, findings } = await readContent(write(rides))
      expect(read).toEqual(rides)
      expect(findings.points).toBe(rides.flatMap((ride) => ride.points).length)
      expect(findings.warnings).toEqual([])
    }),
    { numRuns: 100 },
  )
})
