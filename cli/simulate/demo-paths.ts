/** The demo's routes as recordings: what is ridden when no file is named. */

import { DEMO_ROUTES, rideOf } from '../demo/routes'
import { type PathOptions, type RecordedPoint, type TimedPath, timePath } from './timed-path'

const SAMPLE_MS = 1_000

/** A path for each of the demo's routes, as a receiver with a fix a second would have recorded it. */
export function demoPaths(options: PathOptions): TimedPath[] {
  return DEMO_ROUTES.flatMap((route) => {
    const ride = rideOf(route)
    const points: RecordedPoint[] = []
    for (let timeMs = 0; timeMs <= ride.durationMs; timeMs += SAMPLE_MS) {
      const { lat, lng } = ride.at(timeMs)
      points.push({ lat, lng, timeMs })
    }
    return timePath(points, options) ?? []
  })
}
