import { parseDecimal } from './decimal.ts'
import { finishTracks } from './findings.ts'
import type { TrackFile } from './track.ts'
import { type RawPoint, TrackBuilder } from './track-builder.ts'
import { attribute, CUT_OFF, readXml, type XmlHandler } from './xml.ts'

/** Where extensions and GPX 1.0 keep what GPX 1.1 has no element for; metres, metres a second and degrees. */
const EXTRAS = new Map<string, 'speedMps' | 'headingDeg' | 'accuracyM'>([
  ['speed', 'speedMps'],
  ['course', 'headingDeg'],
  ['hAcc', 'accuracyM'],
  ['accuracy', 'accuracyM'],
  ['accuracy_horizontal', 'accuracyM'],
])

/**
 * Reads GPX 1.0 and 1.1 (topografix.com/GPX/1/1): recorded tracks, else routes, else the waypoints as one ride.
 *
 * A route beside a track is the plan, not the ride, so it is counted in `notRead`. The same holds for waypoints.
 */
export async function readGpx(chunks: AsyncIterable<string>): Promise<TrackFile> {
  const tracks = new TrackBuilder()
  const routes = new TrackBuilder()
  const waypoints = new TrackBuilder()
  const builders = new Map([
    ['trkpt', tracks],
    ['rtept', routes],
    ['wpt', waypoints],
  ])
  let point: RawPoint | undefined
  let pointName = ''
  const handler: XmlHandler = {
    open(name, attributes) {
      if (builders.has(name)) {
        pointName = name
        point = { lat: parseDecimal(attribute(attributes, 'lat')), lng: parseDecimal(attribute(attributes, 'lon')) }
      } else if (name === 'trkseg') tracks.beginSegment()
      else if (name === 'trk') tracks.begin()
      else if (name === 'rte') {
        routes.begin()
        routes.beginSegment()
      }
    },
    leaf(name, text, parent) {
      if (!point) {
        if (name === 'name' && parent === 'trk') tracks.name(text)
        else if (name === 'name' && parent === 'rte') routes.name(text)
        return
      }
      // Only the point's own: extensions have elements named time and ele too, with other meanings.
      if (parent === pointName && name === 'time') point.timeMs = builders.get(pointName)?.time(text)
      else if (parent === pointName && name === 'ele') point.altitudeM = parseDecimal(text)
      else {
        const key = EXTRAS.get(name)
        if (key) point[key] = parseDecimal(text)
      }
    },
    close(name) {
      if (point && name === pointName) {
        builders.get(name)?.add(point)
        point = undefined
      } else if (name === 'trkseg') tracks.endSegment()
      else if (name === 'rte') routes.endSegment()
    },
  }
  const { complete } = await readXml(chunks, handler)
  const kinds = [
    { label: 'track points', builder: tracks },
    { label: 'route points', builder: routes },
    { label: 'waypoints', builder: waypoints },
  ]
  return finishTracks('gpx', kinds, complete ? [] : [CUT_OFF])
}
