import { describe, expect, test } from 'bun:test'
import { CoordinateList } from '../../cli/tracks/kml-coordinates.ts'
import { readContent } from './track-files.ts'

const kml = (body: string) => `<kml xmlns="http://www.opengis.net/kml/2.2"><Document>${body}</Document></kml>`
const DAY_MS = Date.UTC(2026, 0, 31)

describe('readTracks, KML', () => {
  test('pairs when and coord of a Track by their place, listed in turn or apart', async () => {
    const turns =
      '<gx:Track><when>2026-01-31</when><gx:coord>11 48 500</gx:coord><when>2026-02-01</when><gx:coord>12 49</gx:coord></gx:Track>'
    const apart =
      '<Track><when>2026-01-31</when><when>2026-02-01</when><coord>11 48 500</coord><coord>12 49</coord></Track>'
    for (const track of [turns, apart]) {
      const { format, tracks } = await readContent(kml(`<Placemark><name>ride</name>${track}</Placemark>`))
      expect(format).toBe('kml')
      expect(tracks).toEqual([
        {
          name: 'ride',
          points: [
            { lat: 48, lng: 11, timeMs: DAY_MS, altitudeM: 500 },
            { lat: 49, lng: 12, timeMs: DAY_MS + 86_400_000 },
          ],
        },
      ])
    }
  })

  test('joins the tracks of a MultiTrack, and leaves the pins of start and end alone', async () => {
    const track = (lng: number) => `<gx:Track><when>2026-01-31</when><gx:coord>${lng} 48 0</gx:coord></gx:Track>`
    const pin =
      '<Placemark><TimeStamp><when>2026-01-31</when></TimeStamp><Point><coordinates>11,48</coordinates></Point></Placemark>'
    const { tracks, findings } = await readContent(
      kml(`${pin}<Placemark><gx:MultiTrack>${track(11)}${track(12)}<gx:Track/></gx:MultiTrack></Placemark>${pin}`),
    )
    expect(tracks.map((each) => each.points.map((point) => point.lng))).toEqual([[11, 12]])
    expect(findings).toMatchObject({ points: 2, duplicate: 1, emptySegments: 1, notRead: 2 })
  })

  test('an empty coord keeps the later ones with their own times', async () => {
    const { tracks, findings } = await readContent(
      kml(
        '<Placemark><gx:Track><when>2026-01-30</when><when>2026-01-31</when><gx:coord/><gx:coord>11 48</gx:coord></gx:Track></Placemark>',
      ),
    )
    expect(tracks[0]?.points).toEqual([{ lat: 48, lng: 11, timeMs: DAY_MS }])
    expect(findings.withoutPosition).toBe(1)
  })

  test('reads lines when there is no Track, one ride a Placemark, and no polygon', async () => {
    const line = (coordinates: string) => `<LineString><coordinates>${coordinates}</coordinates></LineString>`
    const polygon =
      '<Polygon><outerBoundaryIs><LinearRing><coordinates>1,1 2,2 3,3 1,1</coordinates></LinearRing></outerBoundaryIs></Polygon>'
    const { tracks, findings } = await readContent(
      kml(
        `<Placemark><name>a</name>${line('\n 11,48,1\n 12, 49 ,2\t13 ,50\n')}</Placemark><Placemark>${polygon}</Placemark>` +
          `<Placemark><MultiGeometry>${line('1,1')}${line('2,2')}${line('')}</MultiGeometry></Placemark>`,
      ),
    )
    expect(tracks).toEqual([
      {
        name: 'a',
        points: [
          { lat: 48, lng: 11, altitudeM: 1 },
          { lat: 49, lng: 12, altitudeM: 2 },
          { lat: 50, lng: 13 },
        ],
      },
      {
        points: [
          { lat: 1, lng: 1 },
          { lat: 2, lng: 2 },
        ],
      },
    ])
    expect(findings).toMatchObject({ points: 5, withoutTime: 5, emptySegments: 1 })
  })

  test('reads single points as one ride when there is nothing else', async () => {
    const pin = (day: number) =>
      `<Placemark><TimeStamp><when>2026-01-${day}</when></TimeStamp><Point><coordinates>${day},48,0</coordinates></Point></Placemark>`
    const { tracks } = await readContent(kml(pin(30) + pin(31)))
    expect(tracks).toHaveLength(1)
    expect(tracks[0]?.points[1]).toEqual({ lat: 48, lng: 31, altitudeM: 0, timeMs: DAY_MS })
  })

  test('leaves out the last tuple of a line that was cut off, for it may lack digits', async () => {
    const { tracks, findings } = await readContent('<kml><Placemark><LineString><coordinates>11,48 12,49 13,5')
    expect(tracks[0]?.points).toHaveLength(2)
    expect(findings.warnings).toHaveLength(1)
  })

  test('coordinates are the same wherever the text is cut into pieces', () => {
    const text = ' 11.25,48.5,7\n 12.75 , 49.125 13,50,\n'
    const read = (pieces: string[]) => {
      const taken: unknown[] = []
      const list = new CoordinateList((...point) => taken.push(point))
      for (const piece of pieces) list.write(piece)
      list.end(false)
      return taken
    }
    const whole = read([text])
    expect(whole).toEqual([
      [48.5, 11.25, 7],
      [49.125, 12.75, undefined],
      [50, 13, undefined],
    ])
    for (let at = 0; at <= text.length; at += 1) expect(read([text.slice(0, at), text.slice(at)])).toEqual(whole)
    expect(read([...text])).toEqual(whole)
  })
})
