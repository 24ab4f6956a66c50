import { shownPosition, type View } from '../../src/domain/view.ts'
import type { Inset } from './camera.ts'
import { distanceM, type LngLat } from './geo.ts'
import type { GlidePose } from './glide.ts'
import { icon } from './icons.ts'
import type { MapLines } from './map-layers.ts'
import { parseMapSettings } from './map-settings.ts'
import type { Theme } from './map-style.ts'
import type { MapScene, MapView } from './map-view.ts'
import { Motion } from './motion.ts'
import { strings } from './strings.ts'
import { currentTheme } from './theme.ts'

/** Lines are cut anew so often, and sooner when the marker has left the cut by half its disc. */
const linesEveryMs = 1_000
const linesSoonestMs = 250
const cutPx = 10
const restingFrameMs = 200

/** The map while an order is underway: it loads after the sheet is there, and the page does without it. */
export class LiveMap {
  readonly #motion = new Motion()
  readonly #reducedMotion: () => boolean
  #view: MapView | undefined
  #scene: MapScene | undefined
  #inset: Inset | undefined
  #serverNowMs: () => number = Date.now
  #state: 'idle' | 'open' | 'closed' = 'idle'
  #linesAtMs = 0
  #linesKey = ''
  #cutAt: LngLat | undefined
  #nextFrame: { timer?: ReturnType<typeof setTimeout>; request?: number } = {}
  #trailRevision = 0

  constructor(reducedMotion: () => boolean) {
    this.#reducedMotion = reducedMotion
  }

  /** Loads the map once the first paint is through, and starts the marker's clock. */
  open(serverNowMs: () => number): void {
    this.#serverNowMs = serverNowMs
    this.#state = 'open'
    requestAnimationFrame(() => setTimeout(() => void this.#load(), 0))
  }

  take(view: View, lastSeen: string | undefined, nowMs: number): void {
    this.#motion.take(view, nowMs)
    if (this.#reducedMotion()) this.#motion.skip()
    const { order } = view
    const position = shownPosition(view)
    this.#scene = {
      drop: order?.drop,
      pickup: order?.status === 'picked_up' ? undefined : order?.pickup,
      vehicle: order?.vehicle,
      accuracyM: position?.accuracy_m,
      lastSeen,
      alsoFit: this.#motion.ahead(view),
    }
    this.#drawScene()
  }

  setInset(inset: Inset): void {
    this.#inset = inset
    this.#view?.setInset(inset)
  }

  setTheme(theme: Theme): void {
    this.#view?.setTheme(theme)
  }

  setEarlierTrail(places: LngLat[]): void {
    this.#motion.setEarlierTrail(places)
    this.#trailRevision += 1
  }

  /** The newest place at once, when the tab comes back. */
  skip(): void {
    this.#motion.skip()
  }

  /** The connection is back. */
  retryGround(): void {
    this.#view?.retryGround()
  }

  /** The order is over: no live map any more. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#view?.close()
    this.#view = undefined
  }

  async #load(): Promise<void> {
    const container = document.getElementById('map')
    const recentre = document.getElementById('recentre')
    if (!container || !recentre) return
    recentre.setAttribute('aria-label', strings.map.recentre)
    recentre.title = strings.map.recentre
    recentre.append(icon('target', 22))
    recentre.addEventListener('click', () => this.#view?.recentre())
    try {
      const { loadMapStyles, MapView } = await import('./map-view.ts')
      await loadMapStyles(document)
      if (this.#state !== 'open') return
      this.#view = new MapView({
        container,
        settings: parseMapSettings(document.querySelector('meta[name="zlt-map"]')?.getAttribute('content')),
        theme: currentTheme(),
        reducedMotion: this.#reducedMotion,
        onHeld: (held) => {
          recentre.hidden = !held
        },
      })
    } catch {
      container.dataset.unavailable = strings.map.unavailable
      return
    }
    if (this.#inset) this.#view.setInset(this.#inset)
    this.#drawScene()
    this.#nextFrameIn(0)
  }

  #drawScene(): void {
    if (!this.#view || !this.#scene) return
    // What came may have ended the marker's rest; one that moves is drawn by frames alone, else it would tremble.
    const rests = this.#nextFrame.request === undefined
    if (rests) this.#view.setPose(this.#motion.pose(this.#serverNowMs()))
    this.#view.setScene(this.#scene)
    if (rests) this.#nextFrameIn(0)
  }

  /** Where the rider was last seen long ago, no road ahead is claimed: all of it is pale. */
  #lines(pose: GlidePose | undefined): MapLines {
    const lines = this.#motion.lines(pose, this.#scene?.pickup ?? this.#scene?.drop)
    if (this.#scene?.lastSeen === undefined) return lines
    return { toGo: [], taken: [...lines.taken, ...lines.toGo], link: [] }
  }

  #frame(frameMs: number): void {
    if (this.#state !== 'open' || !this.#view) return
    // The frame's own time, not that of this call: a busy page calls late, and the marker would tremble.
    const pose = this.#motion.pose(this.#serverNowMs() - Math.max(0, performance.now() - frameMs))
    this.#view.setPose(pose)
    const linesKey = `${pose?.lng} ${pose?.lat} ${this.#scene?.drop?.lng} ${this.#scene?.pickup?.lng} ${this.#trailRevision} ${this.#scene?.lastSeen}`
    if (linesKey !== this.#linesKey && performance.now() - this.#linesAtMs > this.#linesWaitMs(pose)) {
      this.#linesKey = linesKey
      this.#linesAtMs = performance.now()
      this.#cutAt = pose
      this.#view.setLines(this.#lines(pose))
    }
    // A marker that rests costs no frames; a battery lasts longer than an order.
    this.#nextFrameIn(pose?.moving ? 0 : restingFrameMs)
  }

  #linesWaitMs(pose: GlidePose | undefined): number {
    const cutAt = this.#cutAt
    if (!this.#view || !pose || !cutAt) return linesSoonestMs
    return distanceM(pose, cutAt) > cutPx * this.#view.metersPerPx(pose.lat) ? linesSoonestMs : linesEveryMs
  }

  /** Draws the next frame so late, at the earliest; a rest that was begun is over. */
  #nextFrameIn(restMs: number): void {
    clearTimeout(this.#nextFrame.timer)
    this.#nextFrame =
      restMs > 0
        ? { timer: setTimeout(() => this.#nextFrameIn(0), restMs) }
        : { request: requestAnimationFrame((frameMs) => this.#frame(frameMs)) }
  }
}
