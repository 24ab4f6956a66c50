/** Red lights on the demo's ways. */

import type { Halt } from '../riders/ride'
import type { DemoRoute } from './routes'

/** Red lights for those who ride on the road: every 900 m, 6 to 22 s of real time, long enough to count as waiting. */
export function lights(route: DemoRoute, pace: number): Halt[] {
  if (route.vehicle === 'foot' || route.vehicle === 'bicycle') return []
  const halts: Halt[] = []
  for (let alongM = 450; alongM < route.distance_m - 300; alongM += 900) {
    halts.push({ alongM, dwellMs: (6_000 + (halts.length % 3) * 8_000) * pace })
  }
  return halts
}
