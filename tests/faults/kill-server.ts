/** `kill -9` of the whole server under load, twenty times: nothing acknowledged is lost, and nobody sees it but by a pause. */

import { killRounds } from './kill-rounds.ts'
import type { Report } from './report.ts'

export const name = 'kill-server'

export function run(report: Report): Promise<void> {
  return killRounds(report, {
    kills: 20,
    riders: 500,
    viewersPerOrder: 3,
    intervalMs: 1_000,
    // Before and after the checkpoint of tracks, which comes every 10 s.
    afterMs: [500, 12_000],
    backWithinMs: 30_000,
    newestWithinMs: 5_000,
  })
}
