import { describe, expect, test } from 'bun:test'
import { expectRefusal, gpx, readContent } from './track-files.ts'

const T = (second: number) => `2026-01-31T12:00:${String(second).padStart(2, '0')}Z`
const point = (lat: number, lng: number, second?: number) =>
  `<trkpt lat="${lat}" lon="${lng}">${second === undefined ? '' : `<time>${T(second)}</time>`}</trkpt>`

describe('readTracks, GPX', () => {
  test('joins the segments of a track, keeps tracks apart, and names them', async () => {
    const body =
      `<trk><name><![CDATA[To & fro]]></name><trkseg>${point(48, 11, 0)}</trkseg><trkseg>${point(48.1, 11.1, 1)}</trkseg></trk>` +
      `<trk><trkseg>${point(50, 12)}</trkseg></trk>`
    const { format, tracks, findings } = await readContent(gpx(body))
    expect(format).toBe('gpx')
    expect(tracks).toEqual([
      {
        name: 'To & fro',
        points: [
          { lat: 48, lng: 11, timeMs: Date.UTC(2026, 0, 31, 12) },
          { lat: 48.1, lng: 11.1, timeMs: Date.UTC(2026, 0, 31, 12, 0, 1) },
        ],
      },
      { points: [{ lat: 50, lng: 12 }] },
    ])
    expect(findings).toEqual({
      points: 3,
      tracks: 2,
      withoutTime: 1,
      backward: 0,
      duplicate: 0,
      outOfRange: 0,
      withoutPosition: 0,
      notRead: 0,
      emptySegments: 0,
      warnings: [],
    })
  })

  test('takes time and ele of the point alone, and the extras of extensions under any prefix, bound or not', async () => {
    const body = `<trk><trkseg><trkpt lat="48" lon="11"><ele>500.5</ele><name>ignore me</name><extensions>
      <gh:time>28963</gh:time><x:ele>7</x:ele><zz:speed>1.5</zz:speed><course>90</course><hAcc>-1</hAcc></extensions></trkpt></trkseg></trk>`
    const { tracks, findings } = await readContent(gpx(body))
    expect(tracks).toEqual([{ points: [{ lat: 48, lng: 11, altitudeM: 500.5, speedMps: 1.5, headingDeg: 90 }] }])
    expect(findings.warnings).toEqual([])
  })

  test('reads elements and attributes with a prefix', async () => {
    const text =
      '<g:gpx xmlns:g="x"><g:trk><g:trkseg><g:trkpt g:lat="1" g:lon="2"><g:time>2026-01-31</g:time></g:trkpt></g:trkseg></g:trk></g:gpx>'
    const { tracks } = await readContent(text)
    expect(tracks).toEqual([{ points: [{ lat: 1, lng: 2, timeMs: Date.UTC(2026, 0, 31) }] }])
  })

  test('leaves routes and waypoints alone beside a track, and counts them', async () => {
    const body = `<wpt lat="1" lon="1"/><rte><rtept lat="2" lon="2"/><rtept lat="3" lon="3"/></rte><trk><trkseg>${point(4, 4)}</trkseg></trk>`
    const { tracks, findings } = await readContent(gpx(body))
    expect(tracks).toEqual([{ points: [{ lat: 4, lng: 4 }] }])
    expect(findings).toMatchObject({ points: 1, notRead: 3 })
    expect(findings.warnings).toEqual([
      'route points: 2 not read, because the file holds track points',
      'waypoints: 1 not read, because the file holds track points',
    ])
  })

  test('reads routes when there is no track, and waypoints when there is nothing else', async () => {
    const route = await readContent(
      gpx('<wpt lat="1" lon="1"/><rte><name>plan</name><rtept lat="2" lon="2"/></rte><trk/>'),
    )
    expect(route.tracks).toEqual([{ name: 'plan', points: [{ lat: 2, lng: 2 }] }])
    const waypoints = await readContent(gpx('<wpt lat="1" lon="1"><time>2026-01-31</time></wpt><wpt lat="2" lon="2"/>'))
    expect(waypoints.tracks).toHaveLength(1)
    expect(waypoints.findings).toMatchObject({ points: 2, tracks: 1, withoutTime: 1, notRead: 0 })
  })

  test('counts backward and duplicate times, each track for itself', async () => {
    const seconds = [5, 5, 7, 6, 6, 7, 8]
    const segment = seconds.map((second) => point(48, 11, second)).join('')
    const body = `<trk><trkseg>${segment}</trkseg></trk><trk><trkseg>${point(48, 11, 1)}</trkseg></trk>`
    const { findings } = await readContent(gpx(body))
    // 5 5 repeats, 6 6 repeats; both 6 are before 7, and the second 7 is neither.
    expect(findings).toMatchObject({ points: 8, tracks: 2, backward: 2, duplicate: 2, withoutTime: 0 })
  })

  test('compares a time with the previous timed point across points without one', async () => {
    const { findings } = await readContent(
      gpx(`<trk><trkseg>${point(1, 1, 3)}${point(1, 1)}${point(1, 1, 3)}</trkseg></trk>`),
    )
    expect(findings).toMatchObject({ duplicate: 1, withoutTime: 1, backward: 0 })
  })

  test('leaves out what is out of range or no number, but counts it; a missing position is counted apart', async () => {
    const body =
      '<trkpt lat="90.1" lon="0"/><trkpt lat="0" lon="-180.1"/><trkpt lat="abc" lon="0"/><trkpt lat="0x10" lon="0"/>' +
      '<trkpt lat="1e999" lon="0"/><trkpt lon="0"/><trkpt lat="" lon="0"/><trkpt lat="-90" lon="180"/>'
    const { tracks, findings } = await readContent(gpx(`<trk><trkseg>${body}</trkseg></trk>`))
    expect(tracks).toEqual([{ points: [{ lat: -90, lng: 180 }] }])
    expect(findings).toMatchObject({ points: 6, outOfRange: 5, withoutPosition: 2 })
  })

  test('counts empty segments, and gives no track without a point', async () => {
    const body = `<trk><trkseg/><trkseg>${point(1, 1)}</trkseg><trkseg></trkseg></trk><trk><name>none</name><trkseg/></trk>`
    const { tracks, findings } = await readContent(gpx(body))
    expect(tracks).toHaveLength(1)
    expect(findings.emptySegments).toBe(3)
  })

  test('says which times could not be read', async () => {
    const { findings } = await readContent(
      gpx('<trk><trkseg><trkpt lat="1" lon="1"><time>noon</time></trkpt></trkseg></trk>'),
    )
    expect(findings.withoutTime).toBe(1)
    expect(findings.warnings).toEqual(['times that could not be read: 1, the first is "noon"'])
  })

  test('reads a byte order mark, CRLF, UTF-16 and Latin-1', async () => {
    const text = gpx(`<trk><name>Café</name>\r\n<trkseg>\r\n${point(1, 2)}\r\n</trkseg></trk>`)
    const expected = [{ name: 'Café', points: [{ lat: 1, lng: 2 }] }]
    expect((await readContent(`\uFEFF${text}`)).tracks).toEqual(expected)
    expect((await readContent(Buffer.from(`\uFEFF${text}`, 'utf16le'))).tracks).toEqual(expected)
    expect((await readContent(Buffer.from(`\uFEFF${text}`, 'utf16le').swap16())).tracks).toEqual(expected)
    const latin1 = text.replace('version="1.0"', 'version="1.0" encoding="ISO-8859-1"')
    expect((await readContent(Buffer.from(latin1, 'latin1'))).tracks).toEqual(expected)
  })

  test('reads a file that was cut off, without the value that was being written', async () => {
    const whole = gpx(`<trk><trkseg>${point(1, 1, 1)}${point(2, 2, 22)}</trkseg></trk>`)
    const cut = await readContent(whole.slice(0, whole.indexOf(':22Z') + 2))
    expect(cut.tracks).toEqual([
      {
        points: [
          { lat: 1, lng: 1, timeMs: Date.UTC(2026, 0, 31, 12, 0, 1) },
          { lat: 2, lng: 2 },
        ],
      },
    ])
    expect(cut.findings.warnings).toEqual(['the file is cut off: what was there before the cut was read'])
    const inTag = await readContent(whole.slice(0, whole.indexOf('lon="2"') + 5))
    expect(inTag.findings.points).toBe(1)
  })

  test('refuses a file without points, or with none in range, and says why', async () => {
    expect(await expectRefusal(readContent(gpx('')), 'no_points')).toContain('holds no points')
    const metres = gpx('<trk><trkseg><trkpt lat="5325000" lon="690000"/></trkseg></trk>')
    expect(await expectRefusal(readContent(metres), 'no_points')).toContain('none of its 1 points')
    expect(await expectRefusal(readContent(gpx('<trk><trkseg><trkpt/></trkseg></trk>')), 'no_points')).toContain(
      'position',
    )
  })

  test('does not expand entities', async () => {
    const text = `<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${gpx(
      `<trk><name>&b;</name><trkseg>${point(1, 1)}</trkseg></trk>`,
    ).replace(/^<\?.*\?>\n/, '')}`
    expect((await readContent(text)).tracks[0]?.name).toBe('&b;')
  })

  test('refuses endless nesting instead of filling the memory', async () => {
    await expectRefusal(readContent(`<gpx>${'<a>'.repeat(100_000)}`), 'malformed')
  })
})
