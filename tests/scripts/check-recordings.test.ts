import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countPoints } from '../../scripts/count-recording-points.ts'

const SCRIPT = join(import.meta.dir, '../../scripts/check-recordings.ts')
const GPX = '<gpx><wpt lat="9" lon="9"/><trk><trkseg><trkpt lat="1" lon="2"/><trkpt lon="2"/></trkseg></trk></gpx>'
const folder = mkdtempSync(join(tmpdir(), 'zlt-check-'))
const good = join(folder, 'good')
const bad = join(folder, 'bad')

beforeAll(async () => {
  await Bun.write(join(good, 'a.gpx'), GPX)
  await Bun.write(join(good, 'b.csv'), 'lat,lng\n1,2\n3,4\n')
  await Bun.write(join(good, 'c.zip'), new Uint8Array([0x50, 0x4b, 3, 4]))
  // The text search does not know comments, so the two counts differ.
  await Bun.write(join(bad, 'a.gpx'), GPX.replace('<trkseg>', '<trkseg><!-- <trkpt lat="5" lon="5"/> -->'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]): Promise<{ exitCode: number; output: string }> {
  const child = Bun.spawn([process.execPath, SCRIPT, ...args], { stdout: 'pipe', stderr: 'ignore' })
  const output = await new Response(child.stdout).text()
  return { exitCode: await child.exited, output }
}

describe('check-recordings', () => {
  test('prints a line for each file, with both counts and the reason of a refusal', async () => {
    const { exitCode, output } = await run(good)
    expect(exitCode).toBe(0)
    const lines = output.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
    expect(lines[1]).toStartWith('a.gpx gpx 1+1 1 1 0 0 0 1 1+1 yes')
    expect(lines[2]).toStartWith('b.csv csv 2 1 2 0 0 0 0 2 yes')
    expect(lines[3]).toContain('refused, compressed')
    expect(lines[4]).toBe('3 files: 2 read and equal, 1 refused, 0 wrong')
  })

  test('exits with 1 when the counts differ', async () => {
    const { exitCode, output } = await run(bad, '--json')
    expect(exitCode).toBe(1)
    expect(JSON.parse(output)).toMatchObject([{ file: 'a.gpx', counted: { read: 2, rest: 1 }, equal: false }])
  })

  test('exits with 2 for wrong usage', async () => {
    expect((await run()).exitCode).toBe(2)
    expect((await run(good, '--wrong')).exitCode).toBe(2)
  })
})

test.each([
  ['<kml><gx:coord>1 2</gx:coord><gx:coord/><Point><coordinates>1,2</coordinates></Point></kml>', 1, 1],
  ['<kml><LineString><coordinates>1,2 3,4\n5,6</coordinates></LineString></kml>', 3, 0],
  [
    '<TrainingCenterDatabase><Trackpoint><LongitudeDegrees>1</LongitudeDegrees></Trackpoint><Trackpoint></Trackpoint>',
    1,
    0,
  ],
  ['{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6]]]}', 3, 0],
  ['[{"point":"POINT(1 2)"},{"point":"POINT (1 2)"}]', 2, 0],
  ['t\t*\t{"_type":"location","lat":1}\nt\t*\t{"_type":"waypoint","lat":1}\n', 1, 0],
  ['lat,lng\r\n1,2\r\n\r\n3,4', 2, 0],
])('countPoints of %j', (text, read, rest) => {
  expect(countPoints(text)).toEqual({ read, rest })
})
