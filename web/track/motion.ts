import { type PositionPart, routeOf, shownPosition, type View } from '../../src/domain/view.ts'
import { distanceM, type LngLat } from './geo.ts'
import { Glide, type GlidePose } from './glide.ts'
import { decodeLine, type Line, splitAt } from './line.ts'
import type { MapLines } from './map-layers.ts'

const trailStepM = 8

/** The rider's movement as the map needs it: pose by frame, lines now and then, whichever rider has the order. */
export class Motion {
  readonly #glide = new Glide()
  #route: { id: string; line: Line | undefined } | undefined
  #assignment: number | undefined
  #epoch: number | undefined
  #trail: LngLat[] = []

  /** Takes in a view; a hand-over or an end forgets the rider that was shown. */
  take(view: View, nowMs: number): void {
    const position = shownPosition(view)
    if (!position || position.assignment !== this.#assignment || view.epoch !== this.#epoch) {
      if (this.#assignment !== undefined) this.#forget()
    }
    if (!position) return
    this.#assignment = position.assignment
    this.#epoch = view.epoch
    this.#glide.push({ ...fixOf(position), line: this.#lineOf(view, position) }, nowMs)
  }

  /** Puts the way that was ridden before this page was opened under what it saw itself. */
  setEarlierTrail(places: LngLat[]): void {
    this.#trail = [...places, ...this.#trail]
  }

  pose(nowMs: number): GlidePose | undefined {
    const pose = this.#glide.pose(nowMs)
    const last = this.#trail.at(-1)
    if (pose && (!last || distanceM(last, pose) > trailStepM)) this.#trail.push({ lng: pose.lng, lat: pose.lat })
    return pose
  }

  /** The newest fix at once: after the tab was away, or for who wants no motion. */
  skip(): void {
    this.#glide.skip()
  }

  /** The road or, without one, the trail behind the rider and a dotted line to where it goes now. */
  lines(pose: GlidePose | undefined, next: LngLat | undefined): MapLines {
    const line = pose?.line ?? this.#route?.line
    const taken = this.#trail.map(({ lng, lat }): [number, number] => [lng, lat])
    if (!pose) return { toGo: [], taken: [], link: [] }
    if (line && pose.alongM !== undefined) return { ...splitAt(line, pose.alongM), link: [] }
    const here: [number, number] = [pose.lng, pose.lat]
    return { toGo: [], taken: [...taken, here], link: next ? [here, [next.lng, next.lat]] : [] }
  }

  /** The road's bends that are still ahead, so that the first view holds them. */
  ahead(view: View): LngLat[] {
    const position = shownPosition(view)
    const line = position && this.#lineOf(view, position)
    if (!line) return []
    const fromM = position.along_m ?? 0
    return line.points.filter((_, i) => (line.alongM[i] ?? 0) >= fromM)
  }

  #lineOf(view: View, position: PositionPart): Line | undefined {
    const route = routeOf(view, position)
    if (!route) return undefined
    if (this.#route?.id !== route.id) {
      this.#route = { id: route.id, line: decodeLine(route.polyline, route.precision) }
    }
    return this.#route.line
  }

  #forget(): void {
    this.#glide.clear()
    this.#trail = []
    this.#assignment = undefined
  }
}

function fixOf(position: PositionPart) {
  return {
    lng: position.lng,
    lat: position.lat,
    fixTimeMs: position.fix_time_ms,
    headingDeg: position.heading_deg,
    speedMps: position.speed_mps,
    alongM: position.along_m,
    receivedMs: position.received_ms,
    stands: position.motion !== 'moving' || position.arrival === 'arrived',
  }
}
