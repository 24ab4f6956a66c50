import { coast, isCoasting } from './coast.ts'
import { distanceM, type LngLat, turnDeg } from './geo.ts'
import { type GlideFix, type Keyframe, type LegPlace, legPlace, onOneRoad, ownHeading, roadPlace, wayM } from './leg.ts'
import { type Line, pointAt } from './line.ts'
import { RenderClock } from './render-clock.ts'

/** Where the marker is drawn. */
export type GlidePose = LngLat & {
  /** The server's time that this place is of. */
  shownMs: number
  /** Undefined until the rider has moved or told a heading. */
  headingDeg?: number
  /** Metres along the line, where what is taken of it ends. */
  alongM?: number
  line?: Line
  /** Below 1 while the marker fades from one place to another. */
  opacity: number
  /** Whether the next frame may differ from this one. */
  moving: boolean
}

/** Further than this a marker does not fly over roofs. */
const jumpM = 250
/** Back by less is noise. */
const noiseM = 30
const fadeMs = 300
const headingTauMs = 300
/** After a longer silence the speed of before says nothing. */
const longGapMs = 10_000
/** A marker that is late hurries at twice its speed, within these, but for no longer than so many seconds. */
const hurry = { factor: 2, minMps: 8, maxMps: 28, maxMs: 4_000 }
/** Even who rides faster than the fastest hurry gets nearer, by a tenth. */
const gain = 1.1
/** How far a keyframe may be put off behind its fix, all in all. */
const maxLateMs = 8_000
const maxFrames = 64

/**
 * Moves a marker between fixes that arrive unevenly.
 *
 * It draws the past, by a `RenderClock`. On a road it never goes back: less than 30 m is held as noise, for more it
 * fades to the new place. When fixes run out it goes on along the road for a moment, slowing, and rests.
 */
export class Glide {
  readonly #clock = new RenderClock()
  #frames: Keyframe[] = []
  #newest: GlideFix | undefined
  #sampledAtMs: number | undefined
  #headingDeg: number | undefined
  #shown: LegPlace | undefined
  #fade: { from: LegPlace; sinceMs: number } | undefined

  /** Takes in a fix that came to the page at `nowMs`; one that is not later than the last is ignored. */
  push(fix: GlideFix, nowMs: number): void {
    const before = this.#newest
    if (before && fix.fixTimeMs <= before.fixTimeMs) return
    this.#newest = fix
    this.#clock.heard((fix.receivedMs ?? nowMs) - fix.fixTimeMs, before && fix.fixTimeMs - before.fixTimeMs)
    const last = this.#frames.at(-1)
    if (!before || !last) {
      this.#frames = [frameOf(fix, fix.fixTimeMs)]
      return
    }
    // A clock that begins anew begins now: the marker goes on from where it is.
    if (this.#shown && this.#clock.timeMs === undefined) this.#clock.read(nowMs)
    const dry = this.#dryFrom(last)
    const next = nextFrame(dry ?? last, before, fix)
    // A marker that waits for news has nothing left to show before it.
    if (dry) this.#frames = next.jump ? [next] : [dry, next]
    else this.#frames = [...this.#frames.slice(1 - maxFrames), next]
  }

  /** Shows the newest fix at once from now on: for a page that comes back from the background. */
  skip(): void {
    if (!this.#newest) return
    this.#frames = [frameOf(this.#newest, this.#newest.fixTimeMs)]
    this.#clock.restart()
    this.#shown = this.#fade = this.#headingDeg = undefined
  }

  /** Forgets all: another rider has the order now. */
  clear(): void {
    this.#frames = []
    this.#clock.clear()
    this.#newest = this.#shown = this.#fade = this.#headingDeg = undefined
  }

  /** How far the marker is behind the newest fix that could be here. */
  get delayMs(): number {
    return this.#clock.delayMs
  }

  /** The pose at the server's time `nowMs`; undefined before the first fix. */
  pose(nowMs: number): GlidePose | undefined {
    const timeMs = this.#clock.read(nowMs)
    const jumped = this.#forgetBefore(timeMs)
    const elapsedMs = Math.max(0, nowMs - (this.#sampledAtMs ?? nowMs))
    this.#sampledAtMs = nowMs
    const from = this.#frames[0]
    if (!from) return undefined
    const to = this.#frames[1]
    const place = placeAt(from, to, timeMs)
    const shown = this.#shown
    // A clock that caught up leaps too; a tab without frames just comes back to what is true.
    if (shown && elapsedMs < 1_000 && (jumped || distanceM(shown, place) > noiseM)) {
      this.#fade = { from: shown, sinceMs: nowMs }
      this.#headingDeg = undefined
    }
    this.#shown = place
    const headingDeg = this.#turn(place.headingDeg, elapsedMs)
    const moving = to !== undefined || isCoasting(from.exitMps, (timeMs - from.atMs) / 1_000)
    const { faded, opacity } = this.#fadeAt(nowMs)
    const { lng, lat, alongM, line } = faded ?? place
    return {
      lng,
      lat,
      shownMs: timeMs,
      opacity,
      moving: moving || opacity < 1,
      ...(headingDeg !== undefined && { headingDeg }),
      ...(alongM !== undefined && line && { alongM, line }),
    }
  }

  /** Where the marker is when it has run out of fixes; undefined while it has some. */
  #dryFrom(last: Keyframe): Keyframe | undefined {
    const { timeMs } = this.#clock
    if (timeMs === undefined || timeMs <= last.atMs) return undefined
    const { lng, lat, line, alongM } = placeAt(last, undefined, timeMs)
    return { lng, lat, line, alongM, atMs: timeMs, exitMps: 0, jump: false }
  }

  /** Drops what is over; true when that led over a jump. */
  #forgetBefore(timeMs: number): boolean {
    let jumped = false
    while (this.#frames[1] && this.#frames[1].atMs <= timeMs) {
      this.#frames.shift()
      jumped ||= this.#frames[0]?.jump === true
    }
    const first = this.#frames[0]
    if (first?.jump) {
      this.#frames[0] = { ...first, jump: false }
      jumped = true
    }
    return jumped
  }

  #fadeAt(nowMs: number): { faded?: LegPlace; opacity: number } {
    const fade = this.#fade
    if (!fade) return { opacity: 1 }
    const share = (nowMs - fade.sinceMs) / fadeMs
    if (share < 0.5) return { faded: fade.from, opacity: 1 - 2 * share }
    if (share >= 1) this.#fade = undefined
    return { opacity: Math.min(1, 2 * share - 1) }
  }

  #turn(wantedDeg: number | undefined, elapsedMs: number): number | undefined {
    if (wantedDeg === undefined) return this.#headingDeg
    const heldDeg = this.#headingDeg
    const share = 1 - Math.exp(-elapsedMs / headingTauMs)
    this.#headingDeg = heldDeg === undefined ? wantedDeg : (heldDeg + turnDeg(heldDeg, wantedDeg) * share + 360) % 360
    return this.#headingDeg
  }
}

function placeAt(from: Keyframe, to: Keyframe | undefined, timeMs: number): LegPlace {
  if (to && !to.jump && timeMs > from.atMs) {
    return legPlace(from, to, (timeMs - from.atMs) / (to.atMs - from.atMs))
  }
  if (!to && from.line && from.alongM !== undefined && from.exitMps > 0) {
    const gone = coast(from.exitMps, (timeMs - from.atMs) / 1_000)
    return roadPlace(from.line, Math.min(from.alongM + gone.meters, from.line.lengthM), gone.mps)
  }
  return { ...from, headingDeg: ownHeading(from) }
}

/** The frame of `fix` after `from`, where the marker will be before; `before` is the fix before. */
function nextFrame(from: Keyframe, before: GlideFix, fix: GlideFix): Keyframe {
  const frame = frameOf(fix, fix.fixTimeMs)
  const meters = wayM(from, frame)
  if (meters > jumpM || meters <= -noiseM) return { ...frame, jump: true }
  const gapMs = fix.fixTimeMs - before.fixTimeMs
  const ownMps = Math.abs(wayM(before, fix)) / (gapMs / 1_000)
  const calmMps = gapMs > longGapMs ? hurry.maxMps : Math.max(hurry.minMps, hurry.factor * ownMps)
  const mostMps = Math.max(Math.min(hurry.maxMps, calmMps), gain * ownMps)
  const dueMs = Math.max(fix.fixTimeMs, from.atMs + 1)
  const atMs = Math.max(dueMs, from.atMs + (Math.max(0, meters) / mostMps) * 1_000)
  if (atMs - dueMs > hurry.maxMs || (atMs > dueMs && atMs - fix.fixTimeMs > maxLateMs)) return { ...frame, jump: true }
  if (!onOneRoad(from, frame)) return { ...frame, atMs }
  const legMps = Math.max(0, meters) / ((atMs - from.atMs) / 1_000)
  const exitMps = fix.stands ? 0 : Math.min(legMps, ownMps, fix.speedMps ?? legMps)
  // A rider who stands must not creep backwards.
  const alongM = Math.max(from.alongM, frame.alongM as number)
  return { ...frame, ...pointAt(from.line, alongM), alongM, atMs, exitMps }
}

/** On a road the marker stands on the road. */
function frameOf(fix: GlideFix, atMs: number): Keyframe {
  const { lng, lat, line, alongM, headingDeg, speedMps } = fix
  const place = line && alongM !== undefined ? pointAt(line, alongM) : { lng, lat }
  return { ...place, line, alongM, headingDeg, speedMps, atMs, exitMps: 0, jump: false }
}
