import type { TrackPoint } from './track.ts'

const METRES_PER_DEGREE = 111_195
const IMPLAUSIBLE_MPS = 100
const IMPLAUSIBLE_STEP_DEG = 1

/**
 * Whether coordinates read as degrees are rather local or projected metres, which happen to lie within the range of
 * degrees when somebody stays near the origin: half of the steps that move at all would be faster than 100 m/s, or,
 * without times, longer than one degree. Single outliers, which every recording has, do not decide.
 */
export function looksPlanar(points: readonly TrackPoint[]): boolean {
  const speeds: number[] = []
  const steps: number[] = []
  for (const [index, point] of points.entries()) {
    const previous = points[index - 1]
    if (!previous) continue
    // For metres the cosine is wrong, but it only makes a step look shorter.
    const east = (point.lng - previous.lng) * Math.cos((point.lat * Math.PI) / 180)
    const stepDeg = Math.hypot(point.lat - previous.lat, east)
    if (stepDeg === 0) continue
    steps.push(stepDeg)
    const elapsedS = ((point.timeMs ?? Number.NaN) - (previous.timeMs ?? Number.NaN)) / 1000
    if (elapsedS > 0) speeds.push((stepDeg * METRES_PER_DEGREE) / elapsedS)
  }
  return speeds.length > 0 ? median(speeds) > IMPLAUSIBLE_MPS : median(steps) > IMPLAUSIBLE_STEP_DEG
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
