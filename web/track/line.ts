import { bearingDeg, between, distanceM, type LngLat } from './geo.ts'

/** A road as a line that can be walked by metres. */
export type Line = { points: LngLat[] /** Metres from the start to each point. */; alongM: number[]; lengthM: number }

/**
 * Decodes an encoded polyline (Google's algorithm; `precision` 5 or 6 decimals).
 *
 * Undefined if it is malformed or has fewer than two points: the page then draws no road rather than a wrong one.
 */
export function decodeLine(polyline: string, precision: number): Line | undefined {
  const scale = 10 ** precision
  const points: LngLat[] = []
  let at = 0
  let lat = 0
  let lng = 0
  const next = (): number | undefined => {
    let value = 0
    let shift = 0
    for (;;) {
      const code = polyline.charCodeAt(at++) - 63
      if (!(code >= 0 && code < 64) || shift > 30) return undefined
      value += (code & 31) * 2 ** shift
      shift += 5
      if (code < 32) return value % 2 ? -(value + 1) / 2 : value / 2
    }
  }
  while (at < polyline.length) {
    const dLat = next()
    const dLng = next()
    if (dLat === undefined || dLng === undefined) return undefined
    lat += dLat
    lng += dLng
    points.push({ lat: lat / scale, lng: lng / scale })
  }
  return points.length < 2 ? undefined : lineOf(points)
}

/** A line through places. */
export function lineOf(points: LngLat[]): Line {
  const alongM = [0]
  for (const [i, point] of points.entries()) {
    if (i > 0) alongM.push((alongM[i - 1] as number) + distanceM(points[i - 1] as LngLat, point))
  }
  return { points, alongM, lengthM: alongM.at(-1) as number }
}

/** The place `m` metres from the start, held within the line. */
export function pointAt(line: Line, m: number): LngLat {
  const i = segmentAt(line, m)
  const from = line.alongM[i] as number
  const span = (line.alongM[i + 1] as number) - from
  const share = span > 0 ? Math.min(1, Math.max(0, (m - from) / span)) : 0
  return between(line.points[i] as LngLat, line.points[i + 1] as LngLat, share)
}

/** Where the road leads at `m`: the bearing towards the place 8 m ahead. */
export function headingAt(line: Line, m: number): number {
  const ahead = Math.min(m + 8, line.lengthM)
  return bearingDeg(pointAt(line, Math.min(m, line.lengthM - 8)), pointAt(line, ahead))
}

/** The line as coordinates before and after `m`; both hold the place at `m`. */
export function splitAt(line: Line, m: number): { taken: [number, number][]; toGo: [number, number][] } {
  const i = segmentAt(line, m)
  const here = pointAt(line, m)
  const taken = [...line.points.slice(0, i + 1), here]
  const toGo = [here, ...line.points.slice(i + 1)]
  return { taken: taken.map(pairOf), toGo: toGo.map(pairOf) }
}

function pairOf({ lng, lat }: LngLat): [number, number] {
  return [lng, lat]
}

function segmentAt({ alongM, points }: Line, m: number): number {
  let low = 0
  let high = points.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((alongM[middle] as number) <= m) low = middle
    else high = middle - 1
  }
  return low
}
