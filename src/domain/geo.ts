/** Distances and bearings on the sphere, accurate enough below 100 km; all in degrees and metres. */

export interface Point {
  lat: number
  lng: number
}

const EARTH_RADIUS_M = 6_371_008.8
const RAD = Math.PI / 180

/** The difference of two longitudes the short way round, in (−180, 180]. */
export function wrapLng(deltaDeg: number): number {
  return deltaDeg > 180 ? deltaDeg - 360 : deltaDeg <= -180 ? deltaDeg + 360 : deltaDeg
}

/** Great-circle distance in metres (haversine: well-conditioned for small distances). */
export function distanceM(a: Point, b: Point): number {
  const dLat = (b.lat - a.lat) * RAD
  const dLng = (b.lng - a.lng) * RAD
  const sinLat = Math.sin(dLat / 2)
  const sinLng = Math.sin(dLng / 2)
  const h = sinLat * sinLat + Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * sinLng * sinLng
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Initial bearing from `a` to `b` in degrees clockwise from north, [0, 360). */
export function bearingDeg(a: Point, b: Point): number {
  const dLng = wrapLng(b.lng - a.lng) * RAD
  const y = Math.sin(dLng) * Math.cos(b.lat * RAD)
  const x =
    Math.cos(a.lat * RAD) * Math.sin(b.lat * RAD) - Math.sin(a.lat * RAD) * Math.cos(b.lat * RAD) * Math.cos(dLng)
  return (Math.atan2(y, x) / RAD + 360) % 360
}

/** The point `distanceM` metres from `from` in direction `bearing`. */
export function destination(from: Point, bearing: number, distance: number): Point {
  const d = distance / EARTH_RADIUS_M
  const lat1 = from.lat * RAD
  const lat2 = Math.asin(Math.sin(lat1) * Math.cos(d) + Math.cos(lat1) * Math.sin(d) * Math.cos(bearing * RAD))
  const dLng = Math.atan2(
    Math.sin(bearing * RAD) * Math.sin(d) * Math.cos(lat1),
    Math.cos(d) - Math.sin(lat1) * Math.sin(lat2),
  )
  return { lat: lat2 / RAD, lng: wrapLng(from.lng + dLng / RAD) }
}
