import { RecordReader } from './columns.ts'
import { finishTracks } from './findings.ts'
import { isGeoJson, readGeoJson } from './geojson.ts'
import { isObject } from './json-value.ts'
import type { TrackSource } from './source.ts'
import { type TrackFile, TrackFileError } from './track.ts'
import { TrackBuilder } from './track-builder.ts'

/** JSON is parsed whole, which takes some ten times its size in memory, so larger files are refused. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024

/**
 * Reads a JSON document: GeoJSON, or an array of plain records whose names are those of a CSV's columns, among them the
 * `{point: "POINT(lng lat)", time, id}` of the barefoot map matcher.
 *
 * @throws TrackFileError `too_large` above 64 MiB, `malformed`, `unknown_format`, and what the readers throw
 */
export async function readJson(source: Pick<TrackSource, 'sizeBytes' | 'chunks'>): Promise<TrackFile> {
  if (source.sizeBytes > MAX_JSON_BYTES) {
    const sizeMb = Math.ceil(source.sizeBytes / 1024 / 1024)
    throw new TrackFileError(
      'too_large',
      `is ${sizeMb} MB of JSON, of which at most 64 can be read: convert it to GPX or CSV, or split it`,
    )
  }
  let text = ''
  for await (const chunk of source.chunks()) text += chunk
  const value = parseJson(text)
  if (isGeoJson(value)) return readGeoJson(value)
  if (Array.isArray(value)) return readRecords(value)
  throw new TrackFileError(
    'unknown_format',
    'is JSON, but neither GeoJSON nor an array of records: export it as GeoJSON',
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TrackFileError('malformed', `is not whole JSON (${reason.slice(0, 100)}): export it again`, {
      cause: error,
    })
  }
}

function readRecords(values: readonly unknown[]): TrackFile {
  const records = values.filter(isObject)
  const names = [...new Set(records.slice(0, 100).flatMap((record) => Object.keys(record)))]
  const builder = new TrackBuilder()
  const reader = new RecordReader(names, builder)
  for (const record of records) reader.read(names.map((name) => cellOf(record[name])))
  reader.end()
  const ignored = values.length - records.length
  const notes = ignored > 0 ? [`entries left out that are no records: ${ignored}`] : []
  return finishTracks('json', [{ label: 'records', builder }], notes)
}

function cellOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
