import { afterAll, expect } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTracks } from '../../cli/tracks/read.ts'
import { type TrackFile, TrackFileError, type TrackFileErrorCode } from '../../cli/tracks/track.ts'

const folder = mkdtempSync(join(tmpdir(), 'zlt-tracks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

/** Writes a file of its own into a folder that is removed after the tests, and returns its path. */
export async function writeTrackFile(content: string | Uint8Array, name = 'ride'): Promise<string> {
  count += 1
  const path = join(folder, `${count}-${name}`)
  await Bun.write(path, content)
  return path
}

/** Reads content as if it were a file of that name. */
export async function readContent(content: string | Uint8Array, name?: string): Promise<TrackFile> {
  return readTracks(await writeTrackFile(content, name))
}

/** Expects a refusal with that code, and returns its message. */
export async function expectRefusal(reading: Promise<unknown>, code: TrackFileErrorCode): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TrackFileError)
  expect((error as TrackFileError).code).toBe(code)
  return (error as TrackFileError).message
}

/** A GPX document around what is given. */
export function gpx(body: string): string {
  return `<?xml version="1.0"?>\n<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">${body}</gpx>`
}
