/** What frames of the marker are worth, held against where the rider truly was. Pure. */

import { between, distanceM, type LngLat } from '../../web/track/geo.ts'
import type { Line } from '../../web/track/line.ts'
import { courseAt, movingMps, offSegmentM, shareOnSegment, type TripPiece, truthAt } from './trip-piece.ts'

/** The marker in one frame; times are of the piece, but `frameMs`, which only differences are taken of. */
export type MarkerSample = LngLat & {
  frameMs: number
  nowMs: number
  /** Of which time the marker claims to be. */
  shownMs: number
  opacity: number
}

export type MotionVerdict = {
  seconds: number
  frames: number
  framesPerSecond: number
  /** How far the marker is behind the clock, median. */
  behindS: number
  /** Off the place of the time that it claims to show, and off where the rider is now. */
  errorThenM: { p50: number; p95: number }
  errorNowM: { p50: number; p95: number }
  /** Time that the rider was moving, and the share of it in which the marker stood. */
  movingS: number
  frozenShare: number
  /** Frames in which the marker moved faster than 108 km/h, fades aside; per mille. */
  wildFrames: number
  wildPerMille: number
  fastestKmh: number
  /** Times that the marker went back along the line, and the farthest. */
  backwardMoves: number
  farthestBackM: number
  fades: number
  /** Share of frames in which the marker was not on the line. */
  offLineShare: number
}

const wildMps = 30
/** A frame that comes sooner is the late end of the one before: it says nothing of speed. */
const shortestFrameMs = 8
/** The marker stands if it moved less than this in so long. */
const stands = { meters: 0.05, overMs: 200 }
const onLineM = 1
const backM = 0.05
const windowM = 80

/** Judges frames in their order. @throws RangeError for fewer than two */
export function judgeMotion(samples: readonly MarkerSample[], piece: TripPiece): MotionVerdict {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || samples.length < 2) throw new RangeError('the marker was not seen in two frames')
  const seconds = (last.frameMs - first.frameMs) / 1_000
  const seen = samples.filter(({ opacity }) => opacity > 0.05)
  const speeds = speedsOf(samples)
  const wildFrames = speeds.filter((mps) => mps > wildMps).length
  const steps = backStepsOf(samples, piece.line)
  return {
    seconds,
    frames: samples.length,
    framesPerSecond: (samples.length - 1) / seconds,
    behindS: spread(seen.map(({ nowMs, shownMs }) => (nowMs - shownMs) / 1_000)).p50,
    errorThenM: spread(seen.map((at) => distanceM(at, truthAt(piece.places, at.shownMs)))),
    errorNowM: spread(seen.map((at) => distanceM(at, truthAt(piece.places, at.nowMs)))),
    ...frozenOf(samples, piece),
    wildFrames,
    wildPerMille: (wildFrames / speeds.length) * 1_000,
    fastestKmh: Math.max(0, ...speeds) * 3.6,
    backwardMoves: steps.back.length,
    farthestBackM: Math.max(0, ...steps.back),
    fades: samples.filter(({ opacity }, i) => opacity < 1 && (samples[i - 1]?.opacity ?? 1) === 1).length,
    offLineShare: steps.offLine / samples.length,
  }
}

function speedsOf(samples: readonly MarkerSample[]): number[] {
  const speeds: number[] = []
  let before = samples[0] as MarkerSample
  for (const sample of samples) {
    const ms = sample.frameMs - before.frameMs
    if (ms < shortestFrameMs) continue
    // Within a fade the marker is in two places, seen in neither.
    if (sample.opacity === 1 || before.opacity === 1) speeds.push(distanceM(before, sample) / (ms / 1_000))
    before = sample
  }
  return speeds
}

function frozenOf(samples: readonly MarkerSample[], piece: TripPiece): { movingS: number; frozenShare: number } {
  let [movingMs, frozenMs, back] = [0, 0, 0]
  for (const [i, sample] of samples.entries()) {
    while ((samples[back + 1] as MarkerSample).frameMs <= sample.frameMs - stands.overMs) back++
    const before = samples[back] as MarkerSample
    if (sample.frameMs - before.frameMs < stands.overMs) continue
    if (courseAt(piece.places, sample.shownMs).mps <= movingMps) continue
    const ms = sample.frameMs - (samples[i - 1] as MarkerSample).frameMs
    movingMs += ms
    if (distanceM(before, sample) < stands.meters) frozenMs += ms
  }
  return { movingS: movingMs / 1_000, frozenShare: movingMs > 0 ? frozenMs / movingMs : 0 }
}

/** Steps back along the line, by the marker's own place on it: what it claims itself is not asked. */
function backStepsOf(samples: readonly MarkerSample[], line: Line): { back: number[]; offLine: number } {
  const back: number[] = []
  let offLine = 0
  let furthestM: number | undefined
  for (const sample of samples) {
    const at = placeOnLine(line, sample, furthestM)
    if (at.offM > onLineM) offLine++
    // Beside the line, and after a fade, there is no back and forth.
    if (at.offM > onLineM || sample.opacity < 1) furthestM = undefined
    else {
      if (furthestM !== undefined && at.alongM < furthestM - backM) back.push(furthestM - at.alongM)
      furthestM = at.alongM
    }
  }
  return { back, offLine }
}

function placeOnLine(line: Line, place: LngLat, nearM: number | undefined): { alongM: number; offM: number } {
  let best = { alongM: 0, offM: Number.POSITIVE_INFINITY }
  for (let i = 0; i + 1 < line.points.length; i++) {
    const [startM, endM] = [line.alongM[i] as number, line.alongM[i + 1] as number]
    if (nearM !== undefined && (endM < nearM - windowM || startM > nearM + windowM)) continue
    const [a, b] = [line.points[i] as LngLat, line.points[i + 1] as LngLat]
    const offM = offSegmentM(place, a, b)
    if (offM >= best.offM) continue
    best = { offM, alongM: startM + distanceM(a, between(a, b, shareOnSegment(place, a, b))) }
  }
  return best
}

function spread(values: number[]): { p50: number; p95: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p95: at(0.95) }
}
