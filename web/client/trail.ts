import { authorizationOf, type Credential, trackPathOf } from './credential.ts'

/** A place of the way ridden so far. */
export type TrailPlace = { lng: number; lat: number }

/**
 * Asks for the way the rider has come, oldest first.
 *
 * Empty when it is not to be seen, cannot be had or is no line: the page does without.
 */
export async function fetchTrail(credential: Credential, origin: string): Promise<TrailPlace[]> {
  try {
    const response = await fetch(origin + trackPathOf(credential).replace(/track$/, 'trail'), {
      headers: { accept: 'application/geo+json, application/json', authorization: authorizationOf(credential) },
      cache: 'no-store',
      credentials: 'omit',
    })
    return response.ok ? parseTrail(await response.json()) : []
  } catch {
    return []
  }
}

/** Reads the lines and points of a GeoJSON object (RFC 7946) in their order; anything else in it is passed over. */
export function parseTrail(value: unknown): TrailPlace[] {
  if (typeof value !== 'object' || value === null) return []
  const { type, geometry, features, coordinates } = value as Record<string, unknown>
  if (type === 'FeatureCollection') return Array.isArray(features) ? features.flatMap(parseTrail) : []
  if (type === 'Feature') return parseTrail(geometry)
  if (type === 'LineString' && Array.isArray(coordinates)) return coordinates.flatMap(parsePlace)
  if (type === 'MultiLineString' && Array.isArray(coordinates)) {
    return coordinates.flatMap((line) => (Array.isArray(line) ? line.flatMap(parsePlace) : []))
  }
  return type === 'Point' ? parsePlace(coordinates) : []
}

function parsePlace(value: unknown): TrailPlace[] {
  const [lng, lat] = Array.isArray(value) ? (value as unknown[]) : []
  const valid = typeof lng === 'number' && typeof lat === 'number' && Math.abs(lng) <= 180 && Math.abs(lat) <= 90
  return valid ? [{ lng, lat }] : []
}
