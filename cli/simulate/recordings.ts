/** What there is to ride: the user's recordings, or the demo's routes. */

import { readTracks } from '../tracks/read'
import { TrackFileError, type TrackFindings } from '../tracks/track'
import { type PathOptions, type TimedPath, timePath } from './timed-path'

/** What was found in one file; `refused` says why it cannot be ridden. */
export interface RecordingReport {
  file: string
  format?: string
  findings?: TrackFindings
  /** Tracks that can be ridden. */
  paths: number
  /** Points that are not ridden: backward or repeated in time, without one among timed ones, or at 0°, 0°. */
  left_out: number
  /** Stretches ridden more slowly than recorded and divided by the speed, to stay believable. */
  slowed: number
  /** Pauses cut to 30 s. */
  shortened: number
  refused?: string
}

/** Reads each file. Nothing is thrown for a file that cannot be used: its report says so. */
export async function readRecordings(
  files: readonly string[],
  options: PathOptions,
): Promise<{ reports: RecordingReport[]; paths: TimedPath[] }> {
  const reports: RecordingReport[] = []
  const paths: TimedPath[] = []
  for (const file of files) {
    const report: RecordingReport = { file, paths: 0, left_out: 0, slowed: 0, shortened: 0 }
    reports.push(report)
    try {
      const { format, tracks, findings } = await readTracks(file)
      Object.assign(report, { format, findings })
      for (const track of tracks) {
        const path = timePath(track.points, options)
        if (path === undefined) {
          report.left_out += track.points.length
          continue
        }
        paths.push(path)
        report.paths += 1
        report.left_out += path.leftOut
        report.slowed += path.slowed
        report.shortened += path.shortened
      }
      if (report.paths === 0) report.refused = 'no track has two points that follow each other in time'
    } catch (error) {
      if (!(error instanceof TrackFileError)) throw error
      report.refused = error.message
    }
  }
  return { reports, paths }
}

/** The reports as rows, below their headings. */
export function recordingRows(reports: readonly RecordingReport[]): string[][] {
  const rows = reports.map((report) => {
    const { findings } = report
    if (findings === undefined) return [report.file, '-', '', '', '', '', '', '', `refused: ${report.refused}`]
    const { points, tracks, withoutTime, backward, duplicate, outOfRange } = findings
    const numbers = [points, tracks, withoutTime, backward, duplicate, outOfRange].map(String)
    return [report.file, report.format ?? '', ...numbers, remarks(report)]
  })
  const headings = ['file', 'format', 'points', 'tracks', 'no time', 'backward', 'duplicate', 'out of range', 'remarks']
  return [headings, ...rows]
}

function remarks({ refused, left_out, slowed, shortened, findings }: RecordingReport): string {
  const parts = [...(findings?.warnings ?? [])]
  if (refused !== undefined) parts.unshift(`refused: ${refused}`)
  if (left_out > 0) parts.push(`${left_out} ${left_out === 1 ? 'point' : 'points'} left out`)
  if (slowed > 0) parts.push(`${slowed} stretches slowed to 40 m/s`)
  if (shortened > 0) parts.push(`${shortened} pauses cut to 30 s`)
  return parts.join('; ')
}
