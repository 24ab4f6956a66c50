import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { CsvRows } from '../../cli/tracks/csv-rows.ts'
import { expectRefusal, readContent } from './track-files.ts'

const DAY_MS = Date.UTC(2026, 0, 31)

describe('readTracks, CSV', () => {
  test.each([
    'lat,lng,time\n48.5,11.25,2026-01-31 00:00:00\n',
    '\uFEFFLatitude;Longitude;Timestamp\r\n48,5;11,25;1769817600\r\n',
    'time\tlon\tlat\r2026-01-31T01:00:00+01:00\t11.25\t48.5\r',
    '# written by hand\nsep=,\n"X","Y","T"\n"11.25","48.5","1769817600000"',
    'Date,Time,GPS Lat,GPS-Lon\n2026/01/31,00:00:00,48.5,11.25\n',
    'geom,ts\nSRID=4326;POINT Z (11.25 48.5 7),2026-01-31\n',
  ])('reads %j', async (text) => {
    const { format, tracks, findings } = await readContent(text)
    expect(format).toBe('csv')
    expect(tracks).toEqual([{ points: [{ lat: 48.5, lng: 11.25, timeMs: DAY_MS }] }])
    expect(findings.warnings).toEqual([])
  })

  test('takes units from the names of columns', async () => {
    const rows = 'Lat,Lng,Speed (km/h),Altitude,Accuracy,Bearing\n1,2,36,500,8,270\n3,4,-1,,,\n'
    const { tracks } = await readContent(rows)
    expect(tracks[0]?.points).toEqual([
      { lat: 1, lng: 2, altitudeM: 500, speedMps: 10, accuracyM: 8, headingDeg: 270 },
      { lat: 3, lng: 4 },
    ])
    expect((await readContent('lat,lng,speed_knots\n1,2,10\n')).tracks[0]?.points[0]?.speedMps).toBeCloseTo(5.144, 3)
    expect((await readContent('lat,lng,speed\n1,2,10\n')).tracks[0]?.points[0]?.speedMps).toBe(10)
  })

  test('splits rides by trip and vehicle, even when their rows alternate', async () => {
    const rows = 'id,vehicle_id,trip_id,lat,lng\n1,v,a,1,1\n2,v,b,2,2\n3,v,a,3,3\n4,w,a,4,4\n'
    const { tracks } = await readContent(rows)
    expect(tracks.map((track) => [track.name, track.points.map((point) => point.lat)])).toEqual([
      ['a v', [1, 3]],
      ['b v', [2]],
      ['a w', [4]],
    ])
  })

  test('splits rides by id, unless it numbers the rows', async () => {
    expect((await readContent('id,lat,lng\na,1,1\nb,2,2\na,3,3\n')).findings.tracks).toBe(2)
    const numbered = await readContent('id,lat,lng\n1,1,1\n2,2,2\n3,3,3\n')
    expect(numbered.tracks).toEqual([
      {
        points: [
          { lat: 1, lng: 1 },
          { lat: 2, lng: 2 },
          { lat: 3, lng: 3 },
        ],
      },
    ])
  })

  test('counts empty and unreadable cells', async () => {
    const { findings } = await readContent('lat,lng,time\n1,1,\n,1,5\n91,1,5\nn/a,1,5\n2,2,soon\n')
    expect(findings).toMatchObject({ points: 4, outOfRange: 2, withoutPosition: 1, withoutTime: 2 })
    expect(findings.warnings).toEqual(['times that could not be read: 1, the first is "soon"'])
  })

  test('leaves out a last row that was cut off, but takes short rows where all are short', async () => {
    const cut = await readContent('lat,lng,time\n1,1,5\n2,1')
    expect(cut.findings.points).toBe(1)
    expect(cut.findings.warnings).toEqual(['the last line is cut off and was left out'])
    expect((await readContent('lat,lng,time\n1,1\n2,2')).findings.points).toBe(2)
  })

  test('refuses a file whose first line names no position, and lists what it found', async () => {
    const message = await expectRefusal(readContent('speed,time\n1,2\n'), 'no_position_columns')
    expect(message).toContain('"speed", "time"')
    await expectRefusal(readContent('48.1,11.5,1700000000\n'), 'no_position_columns')
    await expectRefusal(readContent('lat,lng\n'), 'no_points')
  })

  test('refuses x and y that are metres, though some lie within the range of degrees', async () => {
    await expectRefusal(readContent('x,y\n-182.9,89.7\n-153.7,55.3\n'), 'not_degrees')
    const walk = (step: number) =>
      `t,x,y\n${Array.from({ length: 9 }, (_, i) => `${1_700_000_000 + i * 5},${11 + i * step},48`).join('\n')}\n`
    await expectRefusal(readContent(walk(2)), 'not_degrees')
    await expectRefusal(readContent(walk(2).replaceAll(/^[^,]*,/gm, '')), 'not_degrees')
    expect((await readContent(walk(0.0005))).findings.points).toBe(9)
  })
})

describe('CsvRows', () => {
  const rowsOf = (text: string, delimiter = ',') => {
    const taken: string[][] = []
    const rows = new CsvRows(delimiter, (cells) => taken.push(cells))
    for (const line of text.split('\n')) rows.line(line)
    rows.end()
    return { taken, brokenLines: rows.brokenLines }
  }

  test('reads quoted delimiters, quotes and line ends', () => {
    expect(rowsOf('"a,b","say ""hi""",c\n"two\nlines", "x" ,5" pipe').taken).toEqual([
      ['a,b', 'say "hi"', 'c'],
      ['two\nlines', 'x ', '5" pipe'],
    ])
  })

  test('a quote that never closes is a plain character, or costs its own line', () => {
    const plain = Array.from({ length: 250 }, (_, i) => [String(i), '2'])
    const text = (stray: string) => ['a,b', stray, ...plain.map((cells) => cells.join(','))].join('\n')
    expect(rowsOf(text('"stray,1'))).toEqual({ taken: [['a', 'b'], ['"stray', '1'], ...plain], brokenLines: 0 })
    expect(rowsOf(text('"stray'))).toEqual({ taken: [['a', 'b'], ...plain], brokenLines: 1 })
    expect(rowsOf('a,b\n"stray')).toEqual({ taken: [['a', 'b']], brokenLines: 1 })
  })

  test('two strays do not swallow the line between them', () => {
    expect(rowsOf('a,b\n1,"x\n2,3\n4,"y\n5,6').taken.map((cells) => cells[0])).toEqual(['a', '1', '2', '4', '5'])
  })

  test('reads back every table that is written by the rule', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', ' ', 'é') })
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(table, fc.constantFrom(',', ';'), (rows, delimiter) => {
        const text = rows.map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(delimiter)).join('\n')
        expect(rowsOf(text, delimiter)).toEqual({ taken: rows, brokenLines: 0 })
      }),
    )
  })
})
