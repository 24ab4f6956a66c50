/** What simpler programs would say: the controls beside which the estimate is judged. */

import { distanceM } from '../../src/domain/geo'
import { type Progress, remainingM } from '../../src/domain/progress'
import { endOf, type Route } from '../../src/domain/route'
import { secondsTo, type Timetable } from '../../src/domain/timetable'

export const BASELINES = [
  'haversine 20 km/h',
  'route / recent speed',
  'route / recent moving speed',
  'route x prior',
] as const

const CITY_MPS = 20 / 3.6
/** An average over the last minute, slow enough not to divide by a red light's zero. */
const RECENT_S = 60
const LEAST_MPS = 0.5
const MOVING_MPS = 0.7

/** Follows one trip and foretells the seconds left, one number a baseline. */
export class Baselines {
  #speedMps = CITY_MPS
  #movingMps = CITY_MPS
  #before: Progress | undefined

  constructor(
    private readonly route: Route,
    private readonly timetable: Timetable,
  ) {}

  next(progress: Progress): number[] {
    const { route, timetable } = this
    const before = this.#before
    this.#before = progress
    if (before !== undefined && progress.timeMs > before.timeMs) {
      const seconds = (progress.timeMs - before.timeMs) / 1000
      const mps = distanceM(before, progress) / seconds
      const share = 1 - Math.exp(-seconds / RECENT_S)
      this.#speedMps += share * (mps - this.#speedMps)
      if (mps >= MOVING_MPS) this.#movingMps += share * (mps - this.#movingMps)
    }
    const leftM = remainingM(route, progress)
    return [
      distanceM(progress, endOf(route)) / CITY_MPS,
      leftM / Math.max(LEAST_MPS, this.#speedMps),
      leftM / Math.max(LEAST_MPS, this.#movingMps),
      (timetable.cumS.at(-1) ?? 0) - secondsTo(route, timetable, progress.alongM),
    ]
  }
}
