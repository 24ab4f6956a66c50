/** A place on the ground, WGS 84 degrees. */
export interface LatLng {
  readonly lat: number
  readonly lng: number
}

const firstCharCode = 63
const lastCharCode = 126
const bitsPerChar = 5
/** A zigzag delta of 360° at precision 6 is below 2^30: 6 characters hold it. */
const maxCharsPerNumber = 6

/**
 * Writes points as Google's encoded polyline.
 *
 * Coordinates are rounded to `precision` decimals, each against the true value, so errors do not add up along the line.
 * Follows https://developers.google.com/maps/documentation/utilities/polylinealgorithm
 *
 * @param precision decimals kept, 1–6: Google's own API and OSRM's default write 5, Valhalla and OSRM's `polyline6` 6
 * @throws RangeError for a precision or a coordinate out of range
 */
export function encodePolyline(points: readonly LatLng[], precision: number): string {
  const factor = factorOf(precision)
  let text = ''
  let lastLat = 0
  let lastLng = 0
  for (const [index, { lat, lng }] of points.entries()) {
    if (!isOnEarth(lat, lng)) throw new RangeError(`polyline point ${index} is not on Earth: lat ${lat}, lng ${lng}`)
    const latUnits = Math.round(lat * factor)
    const lngUnits = Math.round(lng * factor)
    text += encodeDelta(latUnits - lastLat) + encodeDelta(lngUnits - lastLng)
    lastLat = latUnits
    lastLng = lngUnits
  }
  return text
}

/**
 * Reads points from Google's encoded polyline; an empty text is an empty line.
 *
 * The text does not say its precision. Read with one too small, most lines leave the Earth and are refused here; read with
 * one too large they land elsewhere unnoticed, so the caller must know what its source writes.
 *
 * @param precision decimals the writer kept, 1–6
 * @throws RangeError for a precision out of range, a foreign character, a text that ends inside a point, a number too
 *   long, or a point outside ±90, ±180 degrees
 */
export function decodePolyline(text: string, precision: number): LatLng[] {
  const factor = factorOf(precision)
  const points: LatLng[] = []
  let latUnits = 0
  let lngUnits = 0
  let offset = 0
  while (offset < text.length) {
    const latDelta = decodeDelta(text, offset)
    const lngDelta = decodeDelta(text, latDelta.end)
    latUnits += latDelta.value
    lngUnits += lngDelta.value
    const point = { lat: latUnits / factor, lng: lngUnits / factor }
    if (!isOnEarth(point.lat, point.lng)) {
      throw new RangeError(
        `polyline point ${points.length} is not on Earth: lat ${point.lat}, lng ${point.lng} (written with another precision than ${precision}?)`,
      )
    }
    points.push(point)
    offset = lngDelta.end
  }
  return points
}

function encodeDelta(delta: number): string {
  let rest = delta < 0 ? ~(delta << 1) : delta << 1
  let text = ''
  while (rest >= 0x20) {
    text += String.fromCharCode((0x20 | (rest & 0x1f)) + firstCharCode)
    rest >>= bitsPerChar
  }
  return text + String.fromCharCode(rest + firstCharCode)
}

function decodeDelta(text: string, start: number): { value: number; end: number } {
  let zigzag = 0
  for (let length = 0; length < maxCharsPerNumber; length++) {
    const offset = start + length
    if (offset >= text.length) throw new RangeError(`polyline ends inside a point, at character ${offset}`)
    const code = text.charCodeAt(offset)
    if (code < firstCharCode || code > lastCharCode) {
      throw new RangeError(`polyline has a foreign character ${JSON.stringify(text.charAt(offset))} at ${offset}`)
    }
    const chunk = code - firstCharCode
    zigzag |= (chunk & 0x1f) << (bitsPerChar * length)
    if (chunk < 0x20) return { value: zigzag & 1 ? ~(zigzag >> 1) : zigzag >> 1, end: offset + 1 }
  }
  throw new RangeError(`polyline has a number longer than ${maxCharsPerNumber} characters at ${start}`)
}

function factorOf(precision: number): number {
  if (!Number.isInteger(precision) || precision < 1 || precision > 6) {
    throw new RangeError(`polyline precision must be a whole number from 1 to 6, not ${precision}`)
  }
  return 10 ** precision
}

function isOnEarth(lat: number, lng: number): boolean {
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180
}
