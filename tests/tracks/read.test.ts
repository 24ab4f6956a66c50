import { describe, expect, test } from 'bun:test'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readTracks } from '../../cli/tracks/read.ts'
import { expectRefusal, gpx, readContent, writeTrackFile } from './track-files.ts'

const GPX = gpx('<trk><trkseg><trkpt lat="1" lon="2"/></trkseg></trk>')

describe('readTracks', () => {
  test('goes by the content, and tells when the name claims something else', async () => {
    const renamed = await readContent(GPX, 'ride.csv')
    expect(renamed.format).toBe('gpx')
    expect(renamed.findings.warnings).toEqual(['is named .csv but holds gpx'])
    expect((await readContent(GPX, 'ride')).findings.warnings).toEqual([])
    expect((await readContent(GPX, 'ride.txt')).findings.warnings).toEqual([])
    expect((await readContent('lat,lng\n1,2\n', 'RIDE.GPX')).findings.warnings).toEqual(['is named .gpx but holds csv'])
  })

  test('finds the root behind blanks, comments, declarations and a document type', async () => {
    const text = `\n\n<?xml version="1.0"?><!-- <kml> --><!DOCTYPE gpx [<!ENTITY a "<kml>">]>\n<?note?>${GPX.replace(/^.*\n/, '')}`
    expect((await readContent(text)).format).toBe('gpx')
  })

  test('says what a path is that is no readable file', async () => {
    const path = await writeTrackFile('')
    await expectRefusal(readTracks(path), 'empty')
    await expectRefusal(readTracks(join(tmpdir(), 'zlt-no-such-file.gpx')), 'not_found')
    await expectRefusal(readTracks(join(path, 'below-a-file.gpx')), 'not_found')
    await expectRefusal(readTracks(dirname(path)), 'not_a_file')
    await expectRefusal(readContent(' \r\n\t '), 'empty')
  })

  test.each([
    ['a zip', new Uint8Array([0x50, 0x4b, 3, 4, 20, 0]), 'compressed'],
    ['an empty zip', new Uint8Array([0x50, 0x4b, 5, 6, 0, 0]), 'compressed'],
    ['gzip', Bun.gzipSync(GPX), 'compressed'],
    ['a FIT file', Buffer.from('\x0e\x20\xe1\x03\xff\xff\xff\xff.FIT\0\0', 'latin1'), 'unsupported_format'],
    ['binary data', new Uint8Array([1, 0, 2, 0, 44, 10, 44]), 'unknown_format'],
    ['a web page', '<!DOCTYPE html><html><body>Sign in</body></html>', 'unknown_format'],
    ['other XML', '<osm><node lat="1" lon="2"/></osm>', 'unknown_format'],
    ['XML without a root', '<?xml version="1.0"?>', 'unknown_format'],
    ['prose', 'Once upon a time\nthere was a rider.\n', 'unknown_format'],
  ] as const)('refuses %s', async (_what, content, code) => {
    await expectRefusal(readContent(content), code)
  })

  test('tells what a zip needs', async () => {
    expect(await expectRefusal(readContent(new Uint8Array([0x50, 0x4b, 3, 4]), 'rides.zip'), 'compressed')).toContain(
      'unpack',
    )
  })
})
