import type { LngLat } from './geo.ts'

/** Pixels that the sheet and the edges take from the map. */
export type Inset = { top: number; right: number; bottom: number; left: number }

/** What the camera should do for the rider's new place. */
export type CameraMove = 'stay' | 'fit'

/** How much of the free area, around its middle, the rider may roam before the camera follows. */
const calmShare = 0.6
/** The camera closes in when rider and drop fit into a view so many zoom levels nearer. */
const closerBy = 0.8

/**
 * Decides whether the camera follows.
 *
 * Never while the person holds the map; else only when the rider has left the middle of what the sheet
 * leaves free, or when so little of the way is left that a much nearer view shows it all.
 */
export function cameraMove(at: {
  held: boolean
  rider: { x: number; y: number }
  size: { width: number; height: number }
  inset: Inset
  zoomGain: number
}): CameraMove {
  if (at.held) return 'stay'
  if (at.zoomGain > closerBy) return 'fit'
  const { size, inset, rider } = at
  const freeWidth = size.width - inset.left - inset.right
  const freeHeight = size.height - inset.top - inset.bottom
  const dx = Math.abs(rider.x - (inset.left + freeWidth / 2))
  const dy = Math.abs(rider.y - (inset.top + freeHeight / 2))
  // Fitted bounds put the rider near an edge on purpose, so the calm area is the free one less a margin.
  return dx > freeWidth * (calmShare / 2 + 0.18) || dy > freeHeight * (calmShare / 2 + 0.18) ? 'fit' : 'stay'
}

/** South-west and north-east of all places; undefined without any. */
export function boundsOf(places: LngLat[]): [[number, number], [number, number]] | undefined {
  if (places.length === 0) return undefined
  const lngs = places.map(({ lng }) => lng)
  const lats = places.map(({ lat }) => lat)
  return [
    [Math.min(...lngs), Math.min(...lats)],
    [Math.max(...lngs), Math.max(...lats)],
  ]
}
