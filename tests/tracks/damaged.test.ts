import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type TrackFile, TrackFileError } from '../../cli/tracks/track.ts'
import { gpx, readContent } from './track-files.ts'

const SAMPLES: Record<string, string> = {
  gpx: gpx(
    '<trk><name>é</name><trkseg><trkpt lat="1" lon="2"><ele>3</ele><time>2026-01-31T00:00:00Z</time></trkpt><trkpt lat="2" lon="3"/></trkseg></trk>',
  ),
  kml: '<kml><Placemark><name>a</name><gx:Track><when>2026-01-31</when><gx:coord>1 2 3</gx:coord></gx:Track><LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark></kml>',
  tcx: '<TrainingCenterDatabase><Activity><Lap><Track><Trackpoint><Time>2026-01-31</Time><Position><LatitudeDegrees>1</LatitudeDegrees><LongitudeDegrees>2</LongitudeDegrees></Position></Trackpoint></Track></Lap></Activity></TrainingCenterDatabase>',
  geojson:
    '{"type":"Feature","properties":{"coordTimes":["2026-01-31",5]},"geometry":{"type":"LineString","coordinates":[[1,2,3],[3,4]]}}',
  owntracks:
    '2026-01-31T00:00:00Z\t*\t{"_type":"location","lat":1,"lon":2,"tst":5}\n2026-01-31T00:00:05Z\t*\t{"_type":"location","lat":1,"lon":2}\n',
  csv: 'lat,lng,time,"trip"\n1,2,5,"a"\n2,3,6,"b\nc"\n',
  json: '[{"point":"POINT(1 2)","time":5,"id":"a"},{"point":"POINT(1 3)","time":6,"id":"a"}]',
}

/** Whatever the bytes are, there is a file that keeps its promises, or a refusal that says something. */
async function readAnything(bytes: Uint8Array): Promise<void> {
  let file: TrackFile
  try {
    file = await readContent(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(TrackFileError)
    expect((error as TrackFileError).message).not.toBe('')
    return
  }
  const points = file.tracks.flatMap((track) => track.points)
  expect(points.length).toBe(file.findings.points - file.findings.outOfRange)
  expect(file.tracks.length).toBe(file.findings.tracks)
  expect(file.tracks.every((track) => track.points.length > 0)).toBe(true)
  for (const each of points) {
    expect(Math.abs(each.lat)).toBeLessThanOrEqual(90)
    expect(Math.abs(each.lng)).toBeLessThanOrEqual(180)
    expect(Object.values(each).every((value) => Number.isFinite(value))).toBe(true)
  }
}

describe('damaged files', () => {
  test.each(Object.entries(SAMPLES))('%s cut off after every byte', async (format, text) => {
    const bytes = Buffer.from(text)
    expect((await readContent(bytes)).format).toBe(format as TrackFile['format'])
    for (let length = 0; length < bytes.length; length += 1) await readAnything(bytes.subarray(0, length))
  })

  test.each(Object.entries(SAMPLES))('%s with bytes overwritten, removed and repeated', async (_format, text) => {
    const bytes = Buffer.from(text)
    const place = fc.nat({ max: bytes.length - 1 })
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 12 }), place, place, async (noise, from, to) => {
        await readAnything(Buffer.concat([bytes.subarray(0, from), noise, bytes.subarray(to)]))
      }),
      { numRuns: 150 },
    )
  })

  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => readAnything(bytes)),
      { numRuns: 300 },
    )
  })

  test('random text that begins like a known format', async () => {
    const start = fc.constantFrom(
      '<gpx>',
      '<kml>',
      '<TrainingCenterDatabase>',
      '{',
      '[',
      '[{',
      'lat,lng\n',
      'x;y\n',
      'a\t*\t{',
    )
    const unit = fc.constantFrom(
      ...'<>/="\'&;,{}[]:!-\t\n \\0123456789.eE-',
      'trkpt',
      'coordinates',
      'lat',
      'lon',
      'null',
      'CDATA[',
    )
    await fc.assert(
      fc.asyncProperty(start, fc.string({ unit, maxLength: 200 }), (first, rest) =>
        readAnything(Buffer.from(first + rest)),
      ),
      { numRuns: 500 },
    )
  })

  test('JSON nested too deep to walk', async () => {
    await readAnything(Buffer.from('['.repeat(200_000)))
    await readAnything(Buffer.from(`${'{"type":"Feature","geometry":'.repeat(20_000)}null${'}'.repeat(20_000)}`))
  })
})
