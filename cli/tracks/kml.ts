import { finishTracks } from './findings.ts'
import { CoordinateList, parseTuple } from './kml-coordinates.ts'
import type { TrackFile } from './track.ts'
import { TrackBuilder } from './track-builder.ts'
import { CUT_OFF, readXml, type XmlHandler } from './xml.ts'

/**
 * Reads KML 2.2/2.3 (OGC 12-007): `Track` and `MultiTrack` (with Google's `gx:` or without), else `LineString`s, else
 * `Point`s. One ride a Placemark; the tracks of a MultiTrack are joined. All single Points together are one ride, each
 * with the time of its Placemark's TimeStamp.
 *
 * The nth `when` of a Track belongs to its nth `coord`, in whatever order the file lists them.
 */
export async function readKml(chunks: AsyncIterable<string>): Promise<TrackFile> {
  const tracks = new TrackBuilder()
  const lines = new TrackBuilder()
  const points = new TrackBuilder()
  let whens: string[] = []
  let coords: string[] = []
  let placemarkName = ''
  let placemarkTime: string | undefined
  let geometry = ''
  let pointText = ''
  let placemarkPoints: string[] = []
  const list = new CoordinateList((lat, lng, altitudeM) => lines.add({ lat, lng, altitudeM }))

  const endTrack = () => {
    for (const [index, coord] of coords.entries()) {
      const [lat, lng, altitudeM] = parseTuple(coord)
      tracks.add({ lat, lng, altitudeM, timeMs: tracks.time(whens[index]) })
    }
    tracks.endSegment()
    whens = []
    coords = []
  }
  const handler: XmlHandler = {
    streamed: {
      names: new Set(['coordinates']),
      text(_name, piece) {
        if (geometry === 'LineString') list.write(piece)
        else if (geometry === 'Point' && pointText.length < 200) pointText += piece
      },
    },
    open(name) {
      if (name === 'Placemark') {
        tracks.begin()
        lines.begin()
        placemarkName = ''
        placemarkTime = undefined
        placemarkPoints = []
      } else if (name === 'Track') {
        geometry = name
        tracks.beginSegment()
      } else if (name === 'LineString') {
        geometry = name
        lines.beginSegment()
      } else if (name === 'Point' || name === 'LinearRing') {
        geometry = name
        pointText = ''
      }
    },
    leaf(name, text, parent) {
      if (name === 'when' && parent === 'Track') whens.push(text)
      else if (name === 'coord' && parent === 'Track') coords.push(text)
      else if (name === 'when' && parent === 'TimeStamp') placemarkTime = text
      else if (name === 'name' && parent === 'Placemark') placemarkName = text
    },
    close(name, isCut) {
      if (name === 'Track') endTrack()
      else if (name === 'LineString') {
        list.end(isCut)
        lines.endSegment()
      } else if (name === 'Point' && !isCut) placemarkPoints.push(pointText)
      else if (name === 'Placemark') {
        tracks.name(placemarkName)
        lines.name(placemarkName)
        for (const text of placemarkPoints) {
          const [lat, lng, altitudeM] = parseTuple(text)
          points.add({ lat, lng, altitudeM, timeMs: points.time(placemarkTime) })
        }
      }
    },
  }
  const { complete } = await readXml(chunks, handler)
  const kinds = [
    { label: 'track points', builder: tracks },
    { label: 'line points', builder: lines },
    { label: 'single points', builder: points },
  ]
  return finishTracks('kml', kinds, complete ? [] : [CUT_OFF])
}
