import { type Track, type TrackFile, TrackFileError, type TrackFindings, type TrackFormat } from './track.ts'
import type { TrackBuilder } from './track-builder.ts'

/** One kind of points in a file: what its points are called, in the plural, and what was gathered. */
export interface PointKind {
  label: string
  builder: TrackBuilder
}

/**
 * Ends the reading of a file: picks the first kind that has a usable point (so list the best first), counts, and names
 * what was left out.
 *
 * @throws TrackFileError `no_points` when no kind has a point in range
 */
export function finishTracks(format: TrackFormat, kinds: readonly PointKind[], notes: readonly string[]): TrackFile {
  const chosen = kinds.find((kind) => kind.builder.tracks.some((track) => track.points.length > 0))
  if (!chosen) throw new TrackFileError('no_points', explainNoPoints(kinds))
  const { builder } = chosen
  const tracks = builder.tracks.filter((track) => track.points.length > 0)
  const warnings = [...notes]
  let notRead = 0
  for (const kind of kinds) {
    if (kind === chosen || kind.builder.points === 0) continue
    notRead += kind.builder.points
    warnings.push(`${kind.label}: ${kind.builder.points} not read, because the file holds ${chosen.label}`)
  }
  if (builder.unreadableTimes > 0) {
    warnings.push(
      `times that could not be read: ${builder.unreadableTimes}, the first is "${builder.firstUnreadableTime}"`,
    )
  }
  return {
    format,
    tracks,
    findings: {
      points: builder.points,
      tracks: tracks.length,
      ...countTimes(tracks),
      outOfRange: builder.outOfRange,
      withoutPosition: builder.withoutPosition,
      notRead,
      emptySegments: builder.emptySegments,
      warnings,
    },
  }
}

/** Counts the oddities of times, track by track; each is defined at {@link TrackFindings}. */
export function countTimes(tracks: readonly Track[]): Pick<TrackFindings, 'withoutTime' | 'backward' | 'duplicate'> {
  let withoutTime = 0
  let backward = 0
  let duplicate = 0
  for (const track of tracks) {
    let previousMs: number | undefined
    let greatestMs = Number.NEGATIVE_INFINITY
    for (const { timeMs } of track.points) {
      if (timeMs === undefined) {
        withoutTime += 1
        continue
      }
      if (timeMs === previousMs) duplicate += 1
      if (timeMs < greatestMs) backward += 1
      greatestMs = Math.max(greatestMs, timeMs)
      previousMs = timeMs
    }
  }
  return { withoutTime, backward, duplicate }
}

function explainNoPoints(kinds: readonly PointKind[]): string {
  const outOfRange = kinds.reduce((sum, kind) => sum + kind.builder.outOfRange, 0)
  if (outOfRange > 0) {
    return `none of its ${outOfRange} points is a latitude and longitude in degrees: projected or local metres must be converted first`
  }
  const withoutPosition = kinds.reduce((sum, kind) => sum + kind.builder.withoutPosition, 0)
  if (withoutPosition > 0) return `none of its ${withoutPosition} points has a position: was it recorded without GPS?`
  return 'holds no points: export the recorded track, not only its summary'
}
