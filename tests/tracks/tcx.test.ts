import { describe, expect, test } from 'bun:test'
import { expectRefusal, readContent } from './track-files.ts'

const tcx = (body: string) => `<?xml version="1.0"?><TrainingCenterDatabase>${body}</TrainingCenterDatabase>`
const point = (lat: number, second: number) =>
  `<Trackpoint><Time>2026-01-31T12:00:0${second}Z</Time><Position><LatitudeDegrees>${lat}</LatitudeDegrees><LongitudeDegrees>11</LongitudeDegrees></Position></Trackpoint>`
const indoors = '<Trackpoint><Time>2026-01-31T12:00:09Z</Time></Trackpoint>'

describe('readTracks, TCX', () => {
  test('joins laps, keeps activities apart, counts points without position and empty tracks', async () => {
    const { format, tracks, findings } = await readContent(
      tcx(
        `<Activities><Activity><Id>first</Id><Lap><Track>${point(48, 0)}${indoors}</Track><Track/></Lap><Lap><Track>${point(49, 1)}</Track></Lap></Activity>` +
          `<Activity><Lap><Track>${point(50, 2)}</Track></Lap></Activity></Activities>`,
      ),
    )
    expect(format).toBe('tcx')
    expect(tracks.map((track) => [track.name, track.points.length])).toEqual([
      ['first', 2],
      [undefined, 1],
    ])
    expect(findings).toMatchObject({ points: 3, withoutPosition: 1, emptySegments: 1, withoutTime: 0 })
  })

  test('reads altitude and the speed of the extension', async () => {
    const { tracks } = await readContent(
      tcx(
        '<Activities><Activity><Lap><Track><Trackpoint><Position><LatitudeDegrees>1</LatitudeDegrees><LongitudeDegrees>2</LongitudeDegrees></Position><AltitudeMeters>3.5</AltitudeMeters><Extensions><ns3:TPX><ns3:Speed>4.5</ns3:Speed></ns3:TPX></Extensions></Trackpoint></Track></Lap></Activity></Activities>',
      ),
    )
    expect(tracks).toEqual([{ points: [{ lat: 1, lng: 2, altitudeM: 3.5, speedMps: 4.5 }] }])
  })

  test('reads a course only when there is no activity with a position', async () => {
    const course = `<Courses><Course><Name>plan</Name><Track>${point(48, 0)}</Track></Course></Courses>`
    expect((await readContent(tcx(course))).tracks[0]?.name).toBe('plan')
    const both = await readContent(
      tcx(`<Activities><Activity><Lap><Track>${point(50, 0)}</Track></Lap></Activity></Activities>${course}`),
    )
    expect(both.findings).toMatchObject({ points: 1, notRead: 1 })
    expect(both.tracks[0]?.points[0]?.lat).toBe(50)
  })

  test('a point that was cut off inside its position is not guessed', async () => {
    const whole = tcx(`<Activities><Activity><Lap><Track>${point(48, 0)}${point(49, 1)}`)
    const cut = whole.slice(0, whole.lastIndexOf('<LongitudeDegrees>') + '<LongitudeDegrees>1'.length)
    const { tracks, findings } = await readContent(cut)
    expect(tracks[0]?.points).toHaveLength(1)
    expect(findings.withoutPosition).toBe(1)
    expect(findings.warnings).toHaveLength(1)
  })

  test('refuses an activity that was recorded indoors', async () => {
    const body = `<Activities><Activity><Lap><Track>${indoors}</Track></Lap></Activity></Activities>`
    expect(await expectRefusal(readContent(tcx(body)), 'no_points')).toContain('without GPS')
  })
})
