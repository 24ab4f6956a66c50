import {
  AttributionControl,
  addProtocol,
  Map as MapLibreMap,
  Marker,
  NavigationControl,
  ScaleControl,
  type StyleSpecification,
  setWorkerUrl,
} from 'maplibre-gl'
import styleSheetUrl from 'maplibre-gl/dist/maplibre-gl.css' with { type: 'file' }
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs' with { type: 'file' }
import { Protocol } from 'pmtiles'
import type { Vehicle } from '../../src/domain/view.ts'
import { boundsOf, cameraMove, type Inset } from './camera.ts'
import { formatDistance } from './format.ts'
import { distanceM, type LngLat } from './geo.ts'
import type { GlidePose } from './glide.ts'
import { addLayers, type MapLines, ownLayers, repaint, setLines, setPins, setRings } from './map-layers.ts'
import { dropElement, pickupElement, riderElement } from './map-markers.ts'
import type { MapSettings } from './map-settings.ts'
import { mapColors, plainStyle, type Theme, tileStyle } from './map-style.ts'
import { strings } from './strings.ts'

/** What the map shows besides the rider's pose. */
export type MapScene = {
  drop?: (LngLat & { name?: string }) | undefined
  /** Absent once the order was picked up. */
  pickup?: (LngLat & { name?: string }) | undefined
  vehicle?: Vehicle | undefined
  accuracyM?: number | undefined
  /** Words beside a rider that was not heard of for long. */
  lastSeen?: string | undefined
  /** Further places the first view should hold, for example the road's bends. */
  alsoFit: LngLat[]
}

export type MapViewOptions = {
  container: HTMLElement
  settings: MapSettings
  theme: Theme
  reducedMotion: () => boolean
  /** The person took the map in hand, or gave it back. */
  onHeld: (held: boolean) => void
}

/** How near the first view may come, so that a rider at the door still stands in its street. */
const maxFitZoom = 16.5
/** What the buttons at the far side take beyond the margin of a pin. */
const controlsPx = 24
/** With nobody on the map there is nothing to look at closely. */
const maxStopsZoom = 14.5

/** Loads MapLibre's own style sheet, under the page's; the map may be made once it is there. */
export function loadMapStyles(doc: Document): Promise<void> {
  const link = doc.createElement('link')
  link.rel = 'stylesheet'
  link.href = styleSheetUrl
  return new Promise((resolve, reject) => {
    link.addEventListener('load', () => resolve())
    link.addEventListener('error', () => reject(new Error('the style sheet of the map did not load')))
    doc.head.prepend(link)
  })
}

/** The map of one delivery. Without tiles it draws a plain ground with circles of distance. */
export class MapView {
  readonly #map: MapLibreMap
  readonly #options: MapViewOptions
  readonly #rider = riderElement()
  readonly #riderMarker: Marker
  #drop: { marker: Marker; setDistance(m: number | undefined): void } | undefined
  #pickup: Marker | undefined
  #scene: MapScene = { alsoFit: [] }
  #pose: GlidePose | undefined
  #lines: MapLines = { toGo: [], taken: [], link: [] }
  #inset: Inset = { top: 0, right: 0, bottom: 0, left: 0 }
  #held = false
  #fitted = false
  #plain = true
  #styleLoaded = false
  /** Whether anything of the tiles or the style from elsewhere has come. */
  #groundSeen = false
  #groundFailed = false
  #theme: Theme
  #scale: ScaleControl | undefined

  /** Throws where WebGL is missing: the page then goes on without a map. */
  constructor(options: MapViewOptions) {
    this.#options = options
    this.#theme = options.theme
    setWorkerUrl(new URL(workerUrl, location.href).href)
    addProtocol('pmtiles', new Protocol().tile)
    this.#map = new MapLibreMap({
      container: options.container,
      style: plainStyle(options.theme),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      center: [0, 20],
      zoom: 1,
      fadeDuration: 150,
      locale: {
        'Map.Title': strings.map.label,
        'NavigationControl.ZoomIn': strings.map.zoomIn,
        'NavigationControl.ZoomOut': strings.map.zoomOut,
      },
    })
    this.#map.touchZoomRotate.disableRotation()
    this.#map.keyboard.disableRotation()
    this.#map.addControl(new NavigationControl({ showCompass: false }), `top-${farSide()}`)
    this.#map.addControl(new AttributionControl({ compact: false }), `bottom-${farSide()}`)
    this.#riderMarker = new Marker({ element: this.#rider.element, anchor: 'center', subpixelPositioning: true })
    this.#map.on('style.load', () => {
      this.#styleLoaded = true
      if (this.#options.settings.mapStyle && !this.#plain) this.#groundSeen = true
      this.#restore()
    })
    this.#map.on('zoom', () => this.#drawRider())
    this.#map.on('resize', () => {
      if (this.#fitted && !this.#held) this.#fit(0)
    })
    this.#map.on('dataloading', () => options.container.setAttribute('aria-busy', 'true'))
    this.#map.on('idle', () => options.container.setAttribute('aria-busy', 'false'))
    this.#map.on('error', () => this.#withoutGround())
    this.#map.on('sourcedata', ({ sourceId, tile }) => {
      if (sourceId === 'ground' && tile) this.#groundSeen = true
    })
    // A move that the page itself makes has no event of the person's behind it.
    this.#map.on('wheel', () => this.#hold(true))
    for (const event of ['dragstart', 'zoomstart', 'movestart'] as const) {
      this.#map.on(event, ({ originalEvent }) => {
        if (originalEvent) this.#hold(true)
      })
    }
  }

  /** Where the sheet and the edges are; follows at once unless the person holds the map. */
  setInset(inset: Inset): void {
    this.#inset = inset
    this.#options.container.style.setProperty('--inset-bottom', `${Math.round(inset.bottom)}px`)
    if (this.#fitted && !this.#held) this.#fit(300)
  }

  setTheme(theme: Theme): void {
    if (theme === this.#theme) return
    this.#theme = theme
    if (!this.#styleLoaded) {
      this.#applyStyle()
      return
    }
    const style = this.#styleOf()
    // A style from elsewhere has one look.
    if (typeof style !== 'string') repaint(this.#map, style.layers)
    repaint(this.#map, ownLayers(mapColors(theme)))
  }

  /** Takes a new scene; the first one that holds a place opens the view on it. */
  setScene(scene: MapScene): void {
    this.#scene = scene
    this.#placeStops()
    if (!this.#fitted && this.#places().length > 0) this.#openOn()
    this.#drawRider()
  }

  /** Moves the rider; called for each animation frame. */
  setPose(pose: GlidePose | undefined): void {
    this.#pose = pose
    if (!pose) {
      this.#riderMarker.remove()
      this.#drop?.setDistance(undefined)
      return
    }
    this.#riderMarker.setLngLat([pose.lng, pose.lat])
    this.#riderMarker.setOpacity(String(pose.opacity))
    this.#rider.tell(pose)
    if (!this.#rider.element.isConnected) this.#riderMarker.addTo(this.#map)
    this.#drawRider()
    const { drop } = this.#scene
    if (drop) this.#drop?.setDistance(distanceM(pose, drop))
  }

  /** How wide a pixel is on the ground at that latitude. */
  metersPerPx(lat: number): number {
    return (40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.#map.getZoom())
  }

  /** Draws the lines and lets the camera follow; called about once a second. */
  setLines(lines: MapLines): void {
    this.#lines = lines
    if (this.#map.getSource('zlt-to-go')) this.#drawLines()
    this.#follow()
  }

  /** The connection is back: what could not be had of the map before may come now. */
  retryGround(): void {
    if (!this.#groundFailed) return
    this.#groundFailed = false
    this.#plain = false
    // The old one remembers the failure.
    addProtocol('pmtiles', new Protocol().tile)
    this.#applyStyle()
  }

  /** The person gives the map back. */
  recentre(): void {
    this.#hold(false)
    // The button that was pressed goes away; who uses a keyboard must not be thrown back to the page's start.
    this.#map.getCanvas().focus()
    this.#fit(600)
  }

  close(): void {
    this.#map.remove()
    this.#options.container.removeAttribute('aria-busy')
  }

  #hold(held: boolean): void {
    if (held === this.#held) return
    this.#held = held
    this.#options.onHeld(held)
  }

  #places(): LngLat[] {
    const { drop, pickup, alsoFit } = this.#scene
    const stops = [...(drop ? [drop] : []), ...(pickup ? [pickup] : [])]
    return this.#pose ? [this.#pose, ...stops, ...alsoFit] : stops
  }

  #openOn(): void {
    this.#fitted = true
    this.#fit(0)
    this.#plain = !this.#covered()
    this.#applyStyle()
  }

  /** Whether the tiles at hand, or a style from elsewhere, show the place of this delivery. */
  #covered(): boolean {
    const { mapStyle, tiles } = this.#options.settings
    if (mapStyle) return true
    if (!tiles) return false
    const [west, south, east, north] = tiles.bounds
    return this.#places().some(({ lng, lat }) => lng >= west && lng <= east && lat >= south && lat <= north)
  }

  #applyStyle(): void {
    const style = this.#styleOf()
    this.#styleLoaded = false
    this.#map.setStyle(style, { diff: false })
    this.#options.container.classList.toggle('is-plain', this.#plain)
    if (this.#plain && !this.#scale) {
      this.#scale = new ScaleControl({ maxWidth: 96 })
      this.#map.addControl(this.#scale, `bottom-${farSide()}`)
    }
  }

  /** Tiles or a style that cannot be had: the plain ground looks intended, half a map looks broken. */
  #withoutGround(): void {
    if (this.#plain || this.#groundSeen) return
    this.#plain = true
    this.#groundFailed = true
    this.#applyStyle()
  }

  #styleOf(): StyleSpecification | string {
    const { mapStyle, tiles } = this.#options.settings
    if (this.#plain) return plainStyle(this.#theme)
    if (mapStyle) return mapStyle
    return tiles
      ? tileStyle(this.#theme, new URL(tiles.url, location.href).href, tiles.credit)
      : plainStyle(this.#theme)
  }

  /** After a style came: what the page itself draws. */
  #restore(): void {
    addLayers(this.#map, mapColors(this.#theme))
    this.#drawLines()
    setRings(this.#map, this.#plain ? this.#scene.drop : undefined, formatDistance)
  }

  #drawLines(): void {
    const { drop, pickup } = this.#scene
    setLines(this.#map, this.#lines)
    setPins(
      this.#map,
      [this.#pose, drop, pickup].filter((place) => place !== undefined),
    )
  }

  #placeStops(): void {
    const { drop, pickup } = this.#scene
    if (drop && !this.#drop) {
      const { element, setDistance } = dropElement(drop.name ?? strings.map.drop)
      this.#drop = { marker: new Marker({ element, anchor: 'center' }), setDistance }
      this.#drop.marker.setLngLat([drop.lng, drop.lat]).addTo(this.#map)
      this.#drop.setDistance(undefined)
    }
    if (drop) this.#drop?.marker.setLngLat([drop.lng, drop.lat])
    if (pickup && !this.#pickup) {
      this.#pickup = new Marker({ element: pickupElement(pickup.name ?? strings.map.pickup), anchor: 'center' })
      this.#pickup.setLngLat([pickup.lng, pickup.lat]).addTo(this.#map)
    }
    if (pickup) this.#pickup?.setLngLat([pickup.lng, pickup.lat])
    else {
      this.#pickup?.remove()
      this.#pickup = undefined
    }
  }

  #drawRider(): void {
    const pose = this.#pose
    if (!pose) return
    const { vehicle, accuracyM, lastSeen } = this.#scene
    this.#rider.draw({
      vehicle,
      headingDeg: pose.headingDeg,
      accuracyPx: (accuracyM ?? 0) / this.metersPerPx(pose.lat),
      lastSeen,
    })
  }

  #follow(): void {
    const pose = this.#pose
    if (!pose || !this.#fitted || this.#map.isMoving()) return
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer()
    const wanted = this.#wantedCamera()
    const move = cameraMove({
      held: this.#held,
      rider: this.#map.project([pose.lng, pose.lat]),
      size: { width, height },
      inset: this.#inset,
      zoomGain: (wanted?.zoom ?? 0) - this.#map.getZoom(),
    })
    if (move === 'fit') this.#fit(1_200)
  }

  #wantedCamera(): { center: { lng: number; lat: number }; zoom: number } | undefined {
    const bounds = boundsOf(this.#places())
    if (!bounds) return undefined
    const { top, right, bottom, left } = this.#inset
    const { clientWidth, clientHeight } = this.#map.getContainer()
    const x = marginOf(clientWidth - left - right)
    const y = marginOf(clientHeight - top - bottom)
    const padding = { top: top + y + 12, right: right + x, bottom: bottom + y, left: left + x }
    padding[farSide()] += controlsPx
    const camera = this.#map.cameraForBounds(bounds, { padding, maxZoom: this.#pose ? maxFitZoom : maxStopsZoom })
    if (!camera || camera.zoom === undefined || !camera.center) return undefined
    const center = camera.center as { lng: number; lat: number }
    return { center, zoom: camera.zoom }
  }

  #fit(durationMs: number): void {
    const camera = this.#wantedCamera()
    if (!camera) return
    if (durationMs === 0 || this.#options.reducedMotion()) this.#map.jumpTo(camera)
    else this.#map.easeTo({ ...camera, duration: durationMs })
  }
}

/** How near a pin may come to the edge of what is free: room for its disc and ring, less where room is scarce. */
function marginOf(freePx: number): number {
  return Math.min(freePx / 4, Math.min(96, Math.max(56, freePx * 0.11)))
}

/** The side where the page's lines end: the other one is the panel's. */
function farSide(): 'left' | 'right' {
  return document.documentElement.dir === 'rtl' ? 'left' : 'right'
}
