/** A small run of what `bun run faults kill-server` does at length. */

import { expect, test } from 'bun:test'
import { killRounds } from '../faults/kill-rounds'
import { Report } from '../faults/report'

test('killed twice under load: nothing acknowledged is lost, viewers come back, no marker goes back', async () => {
  const report = new Report(() => {})
  report.begin('kill')
  await killRounds(report, {
    kills: 2,
    riders: 20,
    viewersPerOrder: 3,
    intervalMs: 500,
    afterMs: [500, 1_500],
    backWithinMs: 10_000,
    newestWithinMs: 5_000,
  })
  expect(report.failures).toEqual([])
}, 40_000)
