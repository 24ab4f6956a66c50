import { describe, expect, test } from 'bun:test'
import { expectRefusal, readContent } from './track-files.ts'

const START_S = Date.UTC(2026, 0, 31) / 1000
const location = (more: Record<string, unknown>) => JSON.stringify({ _type: 'location', lat: 48, lon: 11, ...more })
const rec = (json: string, time = '2026-01-31T00:00:09Z') => `${time}\t*                 \t${json}\n`

describe('readTracks, OwnTracks', () => {
  test("reads the Recorder's lines: tst in seconds, vel in km/h", async () => {
    const { format, tracks, findings } = await readContent(
      rec(location({ tst: START_S, vel: 36, acc: 8, cog: 270, alt: 500, topic: 'owntracks/a/b' })) +
        rec(location({ tst: START_S + 5, topic: 'owntracks/a/c' })) +
        rec(location({})),
      'ride.rec',
    )
    expect(format).toBe('owntracks')
    expect(tracks).toEqual([
      {
        points: [
          { lat: 48, lng: 11, timeMs: START_S * 1000, altitudeM: 500, speedMps: 10, accuracyM: 8, headingDeg: 270 },
          { lat: 48, lng: 11, timeMs: START_S * 1000 + 5000 },
          { lat: 48, lng: 11, timeMs: START_S * 1000 + 9000 },
        ],
      },
    ])
    expect(findings).toMatchObject({ points: 3, withoutTime: 0, warnings: [] })
  })

  test('passes over messages without a fix and damaged lines, and says so', async () => {
    const { findings } = await readContent(
      rec('{"_type":"lwt","tst":1}') +
        rec('{"_type":"waypoint","lat":1,"lon":1}') +
        rec(location({ tst: 1 })) +
        rec('{"_type":"loca') +
        rec('{"_type":"lwt"}'),
    )
    expect(findings.points).toBe(1)
    expect(findings.warnings).toEqual([
      'lines left out that are no record (cut off or damaged): 1',
      'records without a fix were passed over: 2 lwt, 1 waypoint',
    ])
  })

  test('reads JSON lines, one ride for each topic or tid, with CRLF and blank lines', async () => {
    const lines = [location({ tid: 'a', tst: 1 }), '', location({ tid: 'b', tst: 2 }), location({ tid: 'a', tst: 3 })]
    const { format, tracks } = await readContent(lines.join('\r\n'))
    expect(format).toBe('owntracks')
    expect(tracks.map((track) => [track.name, track.points.map((point) => point.timeMs)])).toEqual([
      ['a', [1000, 3000]],
      ['b', [2000]],
    ])
  })

  test('reads a single record, and records without a type', async () => {
    expect((await readContent(location({ tst: 1 }))).format).toBe('owntracks')
    const { tracks } = await readContent(
      '{"lat":1,"lng":2,"time":"2026-01-31T00:00:00Z"}\n{"lat":3,"lon":4,"speed_mps":5}\n',
    )
    expect(tracks).toEqual([
      {
        points: [
          { lat: 1, lng: 2, timeMs: START_S * 1000 },
          { lat: 3, lng: 4, speedMps: 5 },
        ],
      },
    ])
  })

  test('a first line that was cut off does not hide the rest of a .rec file', async () => {
    const { findings } = await readContent(`48,"lon":11}\n${rec(location({ tst: 1 }))}`, 'ride.rec')
    expect(findings).toMatchObject({ points: 1 })
  })

  test('refuses a file that has no fix at all', async () => {
    await expectRefusal(readContent(rec('{"_type":"lwt"}')), 'no_points')
  })
})
