import { finishTracks } from './findings.ts'
import { isObject, numberOf } from './json-value.ts'
import { eachLine } from './source.ts'
import type { TrackFile } from './track.ts'
import { TrackBuilder } from './track-builder.ts'

/**
 * Reads the OwnTracks Recorder's store (`2026-01-31T12:00:00Z⇥*⇥{…}`, one device a file) and files with one JSON
 * record a line. Of OwnTracks' messages only `location` has a fix (booklet: tech/json): `tst` epoch seconds, `vel` km/h,
 * `acc` and `alt` metres, `cog` degrees. A record without `_type` counts when it has a `lat`.
 *
 * The line's own time stands in for a missing `tst`. Records of several devices are told apart by `topic`, else `tid`.
 */
export async function readOwnTracks(chunks: AsyncIterable<string>): Promise<TrackFile> {
  const builder = new TrackBuilder()
  let broken = 0
  const others = new Map<string, number>()
  await eachLine(chunks, (line) => {
    const [lineTime, json] = splitLine(line)
    const record = parseRecord(json)
    if (!record) {
      broken += 1
      return
    }
    const type = record._type
    if (type !== 'location' && (type !== undefined || !('lat' in record))) {
      const label = typeof type === 'string' ? type.slice(0, 40) : 'unknown'
      if (others.has(label) || others.size < 20) others.set(label, (others.get(label) ?? 0) + 1)
      return
    }
    const speedKmh = numberOf(record.vel)
    const key = lineTime === undefined ? (record.topic ?? record.tid ?? record.device_id) : undefined
    builder.addTo(typeof key === 'string' ? key : '', {
      lat: numberOf(record.lat),
      lng: numberOf(record.lon ?? record.lng),
      timeMs: builder.time(record.tst ?? record.timestamp ?? record.time ?? record.fix_time_ms ?? lineTime),
      altitudeM: numberOf(record.alt ?? record.altitude_m),
      speedMps: speedKmh === undefined ? numberOf(record.speed_mps) : speedKmh / 3.6,
      accuracyM: numberOf(record.acc ?? record.accuracy_m),
      headingDeg: numberOf(record.cog ?? record.heading_deg),
    })
  })
  const notes: string[] = []
  if (broken > 0) notes.push(`lines left out that are no record (cut off or damaged): ${broken}`)
  if (others.size > 0) {
    const list = [...others].map(([type, count]) => `${count} ${type}`).join(', ')
    notes.push(`records without a fix were passed over: ${list}`)
  }
  return finishTracks('owntracks', [{ label: 'records', builder }], notes)
}

/** The Recorder's time, if the line begins with one, and the JSON. */
function splitLine(line: string): [lineTime: string | undefined, json: string] {
  const brace = line.indexOf('{')
  const tab = line.indexOf('\t')
  if (tab <= 0 || brace < tab) return [undefined, line]
  return [line.slice(0, tab), line.slice(brace)]
}

function parseRecord(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
