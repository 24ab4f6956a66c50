import { readCsv } from './csv.ts'
import { detectSyntax, type TrackSyntax } from './detect.ts'
import { readGpx } from './gpx.ts'
import { readJson } from './json.ts'
import { readKml } from './kml.ts'
import { readOwnTracks } from './owntracks.ts'
import { openTrackSource, type TrackSource } from './source.ts'
import { readTcx } from './tcx.ts'
import type { TrackFile } from './track.ts'

const READERS: Record<TrackSyntax, (source: TrackSource) => Promise<TrackFile>> = {
  gpx: (source) => readGpx(source.chunks()),
  kml: (source) => readKml(source.chunks()),
  tcx: (source) => readTcx(source.chunks()),
  owntracks: (source) => readOwnTracks(source.chunks()),
  csv: (source) => readCsv(source.chunks()),
  json: readJson,
}

/** Extensions that name a format; others, such as `.txt`, claim nothing. */
const CLAIMS = ['gpx', 'kml', 'tcx', 'geojson', 'csv']

/**
 * Reads a recording of any known format; the content decides which, not the file's name.
 *
 * The file is streamed, so that memory is bounded by the points it holds (JSON documents are read whole, up to 64 MiB).
 * Points keep the file's order and times: nothing is sorted, and nothing but positions out of range is removed.
 *
 * ```ts
 * const { tracks, findings } = await readTracks('ride.gpx')
 * ```
 * @throws TrackFileError when the file cannot be used; no other error for any content
 */
export async function readTracks(path: string): Promise<TrackFile> {
  const source = await openTrackSource(path)
  const file = await READERS[detectSyntax(source)](source)
  if (CLAIMS.includes(source.extension) && source.extension !== file.format) {
    file.findings.warnings.push(`is named .${source.extension} but holds ${file.format}`)
  }
  return file
}
