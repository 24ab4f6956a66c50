/** The kinds of recordings that can be read; `json` is an array of plain records. */
export type TrackFormat = 'gpx' | 'kml' | 'tcx' | 'geojson' | 'owntracks' | 'csv' | 'json'

/**
 * One recorded position, WGS 84 degrees.
 * Always within |lat| ≤ 90 and |lng| ≤ 180; what the file does not say is absent, never 0.
 */
export interface TrackPoint {
  lat: number
  lng: number
  /** Epoch milliseconds, as recorded: it may repeat or run backward. */
  timeMs?: number
  altitudeM?: number
  speedMps?: number
  accuracyM?: number
  headingDeg?: number
}

/** One ride, in the order of the file. Segments of one ride (pauses, laps) are joined; it has at least one point. */
export interface Track {
  name?: string
  points: TrackPoint[]
}

/** What was found in a file, so that its reader can be checked against the file and its user told what is odd. */
export interface TrackFindings {
  /** Point elements with a position, in range or not, of the kind that was read. */
  points: number
  /** Rides with at least one point in range. */
  tracks: number
  /** Points in `tracks` that have no time, or one that could not be read. */
  withoutTime: number
  /** Points in `tracks` whose time is earlier than the greatest time before it in its track. */
  backward: number
  /** Points in `tracks` with exactly the time of the previous timed point of its track. */
  duplicate: number
  /** Points with |lat| > 90, |lng| > 180 or a coordinate that is not a finite number: counted in `points`, not in `tracks`. */
  outOfRange: number
  /** Point elements that lack a latitude or longitude (an indoor minute, an empty cell): in no other count. */
  withoutPosition: number
  /** Points with a position of a lesser kind, left alone because a better one is there (waypoints beside a track). */
  notRead: number
  /** Segments, lines or laps' tracks without any positioned point. */
  emptySegments: number
  /** Sentences for the user about what the counts do not say. */
  warnings: string[]
}

/** A file that was read. */
export interface TrackFile {
  format: TrackFormat
  tracks: Track[]
  findings: TrackFindings
}

/** Why a file was refused. */
export type TrackFileErrorCode =
  | 'not_found'
  | 'not_a_file'
  | 'unreadable'
  | 'empty'
  | 'compressed'
  | 'unsupported_format'
  | 'unknown_format'
  | 'malformed'
  | 'too_large'
  | 'no_position_columns'
  | 'not_degrees'
  | 'no_points'

/** A file that cannot be used. The message says why and what to do; it does not name the file, which the caller knows. */
export class TrackFileError extends Error {
  override readonly name = 'TrackFileError'

  constructor(
    readonly code: TrackFileErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
