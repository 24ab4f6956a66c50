import { bearingDeg, between, distanceM, type LngLat } from './geo.ts'
import { headingAt, type Line, pointAt } from './line.ts'

/** A fix as the marker's motion needs it. */
export type GlideFix = LngLat & {
  fixTimeMs: number
  /** When the server had it; without it, when the page had it. */
  receivedMs?: number | undefined
  headingDeg?: number | undefined
  speedMps?: number | undefined
  /** Metres along `line`; with both, the marker moves on the road instead of straight. */
  alongM?: number | undefined
  line?: Line | undefined
  /** The rider is known to stand: the marker does not go on by itself. */
  stands?: boolean | undefined
}

/** A place on the marker's way, and when the render clock has it there. */
export type Keyframe = LngLat & {
  atMs: number
  line?: Line | undefined
  alongM?: number | undefined
  headingDeg?: number | undefined
  speedMps?: number | undefined
  /** How fast the marker may go on from here by itself. */
  exitMps: number
  /** Reached by a fade, not by gliding. */
  jump: boolean
}

/** A place on the way from one keyframe to the next. */
export type LegPlace = LngLat & {
  /** Where the road ahead begins, on `line`. */
  alongM?: number | undefined
  line?: Line | undefined
  /** Where the way leads, unless it is too slow to tell. */
  headingDeg?: number | undefined
}

/** Slower than this a heading is noise. */
export const headingMinMps = 1.5

/** Whether the way from `a` to `b` is a piece of one road. */
export function onOneRoad(a: RoadPlace, b: RoadPlace): a is OnRoad {
  return a.line !== undefined && a.line === b.line && a.alongM !== undefined && b.alongM !== undefined
}

/** How far it is from `a` to `b`: on the road, if both are on one; negative is backwards. */
export function wayM(a: LngLat & RoadPlace, b: LngLat & RoadPlace): number {
  return onOneRoad(a, b) ? (b.alongM as number) - a.alongM : distanceM(a, b)
}

/** The place `share` of the way from one keyframe to the next. */
export function legPlace(from: Keyframe, to: Keyframe, share: number): LegPlace {
  const meters = wayM(from, to)
  const mps = meters / ((to.atMs - from.atMs) / 1_000)
  if (onOneRoad(from, to)) {
    const alongM = from.alongM + meters * share
    return roadPlace(from.line, alongM, mps)
  }
  const bearing = meters > 3 && mps >= headingMinMps ? bearingDeg(from, to) : ownHeading(to)
  const place = { ...between(from, to, share), headingDeg: bearing }
  if (!to.line || to.alongM === undefined) return place
  // On its way to a road: what of the road is nearer than the marker counts as taken.
  return { ...place, line: to.line, alongM: Math.max(0, to.alongM - meters * (1 - share)) }
}

/** The place at `alongM` of a road that is ridden at `mps`. */
export function roadPlace(line: Line, alongM: number, mps: number): LegPlace {
  return {
    ...pointAt(line, alongM),
    line,
    alongM,
    headingDeg: mps >= headingMinMps ? headingAt(line, alongM) : undefined,
  }
}

/** The heading that a fix tells itself, if it means something. */
export function ownHeading({ speedMps, headingDeg }: Pick<GlideFix, 'speedMps' | 'headingDeg'>): number | undefined {
  return (speedMps ?? 0) >= headingMinMps ? headingDeg : undefined
}

type RoadPlace = { line?: Line | undefined; alongM?: number | undefined }
type OnRoad = { line: Line; alongM: number }
