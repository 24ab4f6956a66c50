import { parseDecimal } from './decimal.ts'
import { finishTracks } from './findings.ts'
import type { TrackFile } from './track.ts'
import { type RawPoint, TrackBuilder } from './track-builder.ts'
import { CUT_OFF, readXml, type XmlHandler } from './xml.ts'

/**
 * Reads Garmin's Training Center XML (TrainingCenterDatabase v2): one ride an Activity, its laps joined; else the
 * Courses, which are plans. A Trackpoint without a Position (indoors, before the first fix) is counted, not read.
 */
export async function readTcx(chunks: AsyncIterable<string>): Promise<TrackFile> {
  const activities = new TrackBuilder()
  const courses = new TrackBuilder()
  let builder = activities
  let point: RawPoint | undefined
  const handler: XmlHandler = {
    open(name) {
      if (name === 'Trackpoint') point = { lat: undefined, lng: undefined }
      else if (name === 'Track') builder.beginSegment()
      else if (name === 'Activity' || name === 'Course') {
        builder = name === 'Activity' ? activities : courses
        builder.begin()
      }
    },
    leaf(name, text, parent) {
      if (!point) {
        if (name === 'Id' && parent === 'Activity') builder.name(text)
        else if (name === 'Name' && parent === 'Course') builder.name(text)
      } else if (name === 'LatitudeDegrees') point.lat = parseDecimal(text)
      else if (name === 'LongitudeDegrees') point.lng = parseDecimal(text)
      else if (name === 'AltitudeMeters') point.altitudeM = parseDecimal(text)
      else if (name === 'Time' && parent === 'Trackpoint') point.timeMs = builder.time(text)
      // Garmin's ActivityExtension v2, metres a second.
      else if (name === 'Speed') point.speedMps = parseDecimal(text)
    },
    close(name) {
      if (name === 'Track') builder.endSegment()
      else if (name === 'Trackpoint' && point) {
        builder.add(point)
        point = undefined
      }
    },
  }
  const { complete } = await readXml(chunks, handler)
  const kinds = [
    { label: 'activity points', builder: activities },
    { label: 'course points', builder: courses },
  ]
  return finishTracks('tcx', kinds, complete ? [] : [CUT_OFF])
}
