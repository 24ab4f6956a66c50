import { bearingDeg, between, distanceM, type LngLat, turnDeg } from './geo.ts'
import { headingAt, type Line, pointAt } from './line.ts'

/** A fix as the marker's motion needs it. */
export type GlideFix = LngLat & {
  fixTimeMs: number
  headingDeg?: number | undefined
  speedMps?: number | undefined
  /** Metres along `line`; with both, the marker moves on the road instead of straight. */
  alongM?: number | undefined
  line?: Line | undefined
}

/** Where the marker is drawn. */
export type GlidePose = LngLat & {
  /** Undefined until the rider has moved or told a heading. */
  headingDeg?: number
  /** Metres along the fix's line, if it has one. */
  alongM?: number
  line?: Line
  /** Whether the next frame may differ from this one. */
  moving: boolean
}

type Keyframe = GlideFix & { atMs: number /** Reached in one step, not by gliding. */; jump: boolean }

const jumpM = 250
const minDelayMs = 1_500
const maxDelayMs = 8_000
const marginMs = 1_000
/** A longer silence is not replayed: the marker waits, then covers it in one usual interval. */
const longGapMs = 10_000
const headingTauMs = 300
const headingMinMps = 1.5
const noiseM = 30

/**
 * Moves a marker between fixes that arrive unevenly.
 *
 * It draws the past: the render clock runs behind the newest fix by the usual interval and a second, so that the
 * next fix is nearly always there before it is needed. Render time never runs backwards, and when fixes run
 * out the marker rests where it was last seen. All times are the server's, so a wrong clock here moves nothing.
 */
export class Glide {
  #frames: Keyframe[] = []
  #intervalMs: number | undefined
  #lagsMs: number[] = []
  #renderMs: number | undefined
  #sampledAtMs: number | undefined
  #headingDeg: number | undefined

  /** Takes in a fix that was shown to the page at `nowMs`; one that is not later than the last is ignored. */
  push(fix: GlideFix, nowMs: number): void {
    const last = this.#frames.at(-1)
    if (last && fix.fixTimeMs <= last.fixTimeMs) return
    // The way from the rider's phone to here; the least of the last ten, as for the clock.
    this.#lagsMs = [...this.#lagsMs.slice(-9), Math.max(0, nowMs - fix.fixTimeMs)]
    if (!last) {
      this.#frames = [{ ...fix, atMs: fix.fixTimeMs, jump: true }]
      return
    }
    const gapMs = fix.fixTimeMs - last.fixTimeMs
    if (gapMs <= longGapMs * 3) this.#intervalMs = (this.#intervalMs ?? gapMs) * 0.7 + gapMs * 0.3
    const backM = fix.line !== undefined && fix.line === last.line ? (last.alongM ?? 0) - (fix.alongM ?? 0) : 0
    const jump = distanceM(last, fix) > jumpM || backM >= noiseM
    const rideMs = Math.min(gapMs, this.#intervalMs ?? gapMs)
    if (gapMs > longGapMs && !jump) this.#frames.push({ ...last, atMs: fix.fixTimeMs - rideMs, jump: false })
    // A step back along the road shorter than GPS noise is held: a rider who stands must not creep backwards.
    const held = backM > 0 && !jump ? { ...fix, alongM: last.alongM } : fix
    this.#frames.push({ ...held, atMs: fix.fixTimeMs, jump })
  }

  /** Shows the newest fix at once from now on: for a page that comes back from the background. */
  skip(): void {
    const last = this.#frames.at(-1)
    if (!last) return
    this.#frames = [{ ...last, jump: true }]
    this.#renderMs = Math.max(this.#renderMs ?? 0, last.atMs)
    this.#headingDeg = undefined
  }

  /** Forgets all: another rider has the order now. */
  clear(): void {
    this.#frames = []
    this.#renderMs = this.#intervalMs = this.#headingDeg = undefined
    this.#lagsMs = []
  }

  /** How far the render clock is behind the newest fix that could be here. */
  get delayMs(): number {
    return Math.min(maxDelayMs, Math.max(minDelayMs, (this.#intervalMs ?? 0) + marginMs))
  }

  /** The pose at the server's time `nowMs`; undefined before the first fix. */
  pose(nowMs: number): GlidePose | undefined {
    const renderMs = this.#advance(nowMs)
    this.#forgetBefore(renderMs)
    const from = this.#frames[0]
    if (!from) return undefined
    const to = this.#frames[1]
    const elapsedMs = Math.max(0, nowMs - (this.#sampledAtMs ?? nowMs))
    this.#sampledAtMs = nowMs
    if (!to || to.jump || renderMs <= from.atMs) return this.#poseOf(from, from, 0, elapsedMs, to !== undefined)
    return this.#poseOf(from, to, (renderMs - from.atMs) / (to.atMs - from.atMs), elapsedMs, true)
  }

  /** Moves render time on by real time, bent by at most a quarter towards where it should be. */
  #advance(nowMs: number): number {
    const wantedMs = nowMs - (this.#lagsMs.length > 0 ? Math.min(...this.#lagsMs) : 0) - this.delayMs
    if (this.#renderMs === undefined || this.#sampledAtMs === undefined) {
      this.#renderMs = wantedMs
      return wantedMs
    }
    const passedMs = Math.max(0, nowMs - this.#sampledAtMs)
    const behindMs = wantedMs - this.#renderMs
    // Far behind (a slept tab, a gap): catch up at once rather than replay what is over.
    const stepMs = behindMs > maxDelayMs ? behindMs : Math.min(passedMs * 1.25, Math.max(passedMs * 0.75, behindMs))
    this.#renderMs += stepMs
    return this.#renderMs
  }

  #forgetBefore(renderMs: number): void {
    while (this.#frames[1] && this.#frames[1].atMs <= renderMs) this.#frames.shift()
  }

  #poseOf(from: Keyframe, to: Keyframe, share: number, elapsedMs: number, moving: boolean): GlidePose {
    const line = to.line
    const onRoad = line !== undefined && from.line === line && from.alongM !== undefined && to.alongM !== undefined
    if (!onRoad) {
      const alongM = share === 0 ? from.alongM : undefined
      const place = between(from, to, share)
      const heading = this.#turn(wantedHeading(from, to), elapsedMs)
      return poseWith(place, heading, moving, alongM, alongM === undefined ? undefined : from.line)
    }
    const start = from.alongM as number
    const end = to.alongM as number
    const alongM = start + (end - start) * share
    const heading = this.#turn(end > start ? headingAt(line, alongM) : undefined, elapsedMs)
    return poseWith(pointAt(line, alongM), heading, moving, alongM, line)
  }

  #turn(wantedDeg: number | undefined, elapsedMs: number): number | undefined {
    if (wantedDeg === undefined) return this.#headingDeg
    const heldDeg = this.#headingDeg
    const share = 1 - Math.exp(-elapsedMs / headingTauMs)
    this.#headingDeg = heldDeg === undefined ? wantedDeg : (heldDeg + turnDeg(heldDeg, wantedDeg) * share + 360) % 360
    return this.#headingDeg
  }
}

function wantedHeading(from: Keyframe, to: Keyframe): number | undefined {
  const seconds = (to.atMs - from.atMs) / 1_000
  const meters = distanceM(from, to)
  if (to !== from && meters > 3 && meters / seconds > headingMinMps) return bearingDeg(from, to)
  return (to.speedMps ?? 0) >= headingMinMps ? to.headingDeg : undefined
}

function poseWith(
  { lng, lat }: LngLat,
  headingDeg: number | undefined,
  moving: boolean,
  alongM: number | undefined,
  line: Line | undefined,
): GlidePose {
  return {
    lng,
    lat,
    moving,
    ...(headingDeg !== undefined && { headingDeg }),
    ...(alongM !== undefined && line && { alongM, line }),
  }
}
