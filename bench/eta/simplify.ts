import { distanceM, type Point } from '../../src/domain/geo'

/**
 * Douglas–Peucker: the indexes of the points that keep the line within `toleranceM`.
 * Distances are to the segment, in metres around its start, so a line that doubles back keeps its turning point.
 */
export function simplify(points: readonly Point[], toleranceM: number): number[] {
  if (points.length < 3) return points.map((_, index) => index)
  const kept = new Set([0, points.length - 1])
  const open: [number, number][] = [[0, points.length - 1]]
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const [from, to] = range
    let worst = -1
    let worstM = toleranceM
    for (let i = from + 1; i < to; i++) {
      const offM = offLineM(points[from] as Point, points[to] as Point, points[i] as Point)
      if (offM > worstM) {
        worst = i
        worstM = offM
      }
    }
    if (worst < 0) continue
    kept.add(worst)
    open.push([from, worst], [worst, to])
  }
  return [...kept].sort((a, b) => a - b)
}

const M_PER_DEG = distanceM({ lat: 0, lng: 0 }, { lat: 1, lng: 0 })

function offLineM(start: Point, end: Point, point: Point): number {
  const lngM = M_PER_DEG * Math.cos((start.lat * Math.PI) / 180)
  const [dx, dy] = [(end.lng - start.lng) * lngM, (end.lat - start.lat) * M_PER_DEG]
  const [px, py] = [(point.lng - start.lng) * lngM, (point.lat - start.lat) * M_PER_DEG]
  const square = dx * dx + dy * dy
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square))
  return Math.hypot(px - share * dx, py - share * dy)
}
