const minDelayMs = 1_500
const maxDelayMs = 8_000
const marginMs = 1_000
/** A longer silence tells nothing of how often fixes come. */
const silenceMs = 30_000
const lagsKept = 10
/** A first gap may be a hole as well as the feed's interval. */
const firstAtMostMs = 5_000
/** The share that a gap has in the average: a longer one may be a hole, a shorter one is proof. */
const share = { longer: 0.3, shorter: 0.6 }
/** How much faster or slower than time itself the clock may go to get where it should be; faster when it is far. */
const bend = { usual: 0.25, far: 0.5, farMs: 1_500 }

/**
 * The clock that the marker is drawn by: behind the server's by the feed's usual interval and a second, so that the
 * next fix is nearly always there before it is needed.
 *
 * It never runs backwards. All times are the server's, so a wrong clock here moves nothing.
 */
export class RenderClock {
  #intervalMs: number | undefined
  #lagsMs: number[] = []
  #timeMs: number | undefined
  #readAtMs: number | undefined

  /** Takes in how long a fix was on its way to the server, and how long after the one before it was made. */
  heard(lagMs: number, gapMs: number | undefined): void {
    // The least of the last ten: a fix that was kept for a while must not slow all that follow.
    this.#lagsMs = [...this.#lagsMs.slice(1 - lagsKept), Math.max(0, lagMs)]
    if (gapMs === undefined || gapMs > silenceMs) return
    // Until the interval is known the marker rests on the first fix, so nobody sees the clock find its place.
    const before = this.#intervalMs
    if (before === undefined) this.restart()
    const weight = gapMs > (before ?? gapMs) ? share.longer : share.shorter
    this.#intervalMs = before === undefined ? Math.min(gapMs, firstAtMostMs) : before + (gapMs - before) * weight
  }

  /** How far it is behind the newest fix that could be here. */
  get delayMs(): number {
    return Math.min(maxDelayMs, Math.max(minDelayMs, (this.#intervalMs ?? 0) + marginMs))
  }

  /** What it showed when it was last read; undefined before that, and after a restart. */
  get timeMs(): number | undefined {
    return this.#timeMs
  }

  /** Reads it at the server's time `nowMs`. */
  read(nowMs: number): number {
    const wantedMs = nowMs - (this.#lagsMs.length > 0 ? Math.min(...this.#lagsMs) : 0) - this.delayMs
    const passedMs = Math.max(0, nowMs - (this.#readAtMs ?? nowMs))
    this.#readAtMs = nowMs
    const behindMs = wantedMs - (this.#timeMs ?? wantedMs)
    // Far behind (a slept tab, a gap): catch up at once rather than replay what is over.
    const far = this.#timeMs === undefined || behindMs > maxDelayMs
    const faster = behindMs > bend.farMs ? bend.far : bend.usual
    const stepMs = Math.min(passedMs * (1 + faster), Math.max(passedMs * (1 - bend.usual), behindMs))
    this.#timeMs = far ? wantedMs : (this.#timeMs as number) + stepMs
    return this.#timeMs
  }

  /** Lets the next reading be where it should be, at once. */
  restart(): void {
    this.#timeMs = this.#readAtMs = undefined
  }

  /** Forgets the feed. */
  clear(): void {
    this.restart()
    this.#intervalMs = undefined
    this.#lagsMs = []
  }
}
