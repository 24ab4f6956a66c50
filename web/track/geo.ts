/** A place in degrees (WGS 84). */
export type LngLat = { lng: number; lat: number }

const earthRadiusM = 6_371_008.8
const rad = Math.PI / 180

/** The signed difference `to − from` of two longitudes, by the short way round. */
export function lngDelta(from: number, to: number): number {
  return ((((to - from + 180) % 360) + 360) % 360) - 180
}

/** Great-circle distance in metres (haversine). */
export function distanceM(a: LngLat, b: LngLat): number {
  const dLat = (b.lat - a.lat) * rad
  const dLng = lngDelta(a.lng, b.lng) * rad
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLng / 2) ** 2
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Initial bearing from `a` to `b`, 0 … 360 clockwise from north. */
export function bearingDeg(a: LngLat, b: LngLat): number {
  const dLng = lngDelta(a.lng, b.lng) * rad
  const y = Math.sin(dLng) * Math.cos(b.lat * rad)
  const x =
    Math.cos(a.lat * rad) * Math.sin(b.lat * rad) - Math.sin(a.lat * rad) * Math.cos(b.lat * rad) * Math.cos(dLng)
  return (Math.atan2(y, x) / rad + 360) % 360
}

/** The signed turn from one heading to another by the shortest arc, −180 … 180. */
export function turnDeg(from: number, to: number): number {
  return lngDelta(from, to)
}

/** The place `share` (0 … 1) of the way from `a` to `b`; straight in degrees, for distances of a few kilometres. */
export function between(a: LngLat, b: LngLat, share: number): LngLat {
  const lng = a.lng + lngDelta(a.lng, b.lng) * share
  return { lng: Math.abs(lng) > 180 ? lngDelta(0, lng) : lng, lat: a.lat + (b.lat - a.lat) * share }
}

/** The place `meters` away from `from` in direction `headingDeg`; flat, for a few kilometres. */
export function moved(from: LngLat, headingDeg: number, meters: number): LngLat {
  const north = (Math.cos(headingDeg * rad) * meters) / earthRadiusM / rad
  const east = (Math.sin(headingDeg * rad) * meters) / earthRadiusM / rad / Math.cos(from.lat * rad)
  return { lng: lngDelta(0, from.lng + east), lat: from.lat + north }
}

/** A closed ring of `points` places around a centre. */
export function ring(center: LngLat, radiusM: number, points = 96): [number, number][] {
  return Array.from({ length: points + 1 }, (_, i) => {
    const { lng, lat } = moved(center, (i * 360) / points, radiusM)
    return [lng, lat]
  })
}
