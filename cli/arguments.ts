/** Reads arguments that several commands take; a bad one is a usage error that says what to write. */

import { InvalidArgumentError } from 'commander'
import { isId } from '../src/domain/id'
import type { PlacePart } from '../src/domain/view'
import { duration } from '../src/setting-kinds'

/** An id. */
export function parseIdArgument(raw: string): string {
  if (!isId(raw)) throw new InvalidArgumentError('An id is 1–64 of A-Za-z0-9._:-')
  return raw
}

/** A place, `lat,lng` in degrees or `lat,lng,name`; the name may hold commas. */
export function parsePlaceArgument(raw: string): PlacePart {
  const [latText = '', lngText = '', ...nameParts] = raw.split(',')
  const lat = degrees(latText, 90)
  const lng = degrees(lngText, 180)
  if (lat === undefined || lng === undefined) {
    throw new InvalidArgumentError('Write lat,lng or lat,lng,name in degrees, such as 12.97,77.59,Home')
  }
  const name = nameParts.join(',').trim()
  return { lat, lng, ...(name === '' ? {} : { name }) }
}

function degrees(raw: string, limit: number): number | undefined {
  // Not Number() alone, which takes '' for 0.
  const value = /^\s*[+-]?\d+(\.\d+)?\s*$/.test(raw) ? Number(raw) : Number.NaN
  return Math.abs(value) <= limit ? value : undefined
}

const MAX_AHEAD_MS = 30 * 86_400_000
const ahead = duration(0, MAX_AHEAD_MS)

/** A point in time, in epoch ms: from now (`45m`), or ISO 8601 with its zone. */
export function parseTimeArgument(raw: string): number {
  try {
    return Date.now() + ahead.parse(raw)
  } catch {
    const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(raw)
    const epochMs = isIso ? Date.parse(raw) : Number.NaN
    if (Number.isNaN(epochMs)) {
      throw new InvalidArgumentError(
        'Write a time from now, such as 45m, or one with its zone: 2026-05-01T18:30:00+02:00',
      )
    }
    return epochMs
  }
}
