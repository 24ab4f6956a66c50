import { describe, expect, test } from 'bun:test'
import { parseStat } from '../../cli/simulate/cpu'
import { faultsOf, makeReport, type ReportInput, reportLines } from '../../cli/simulate/report'
import { bump, Tally } from '../../cli/simulate/tally'

function input(change: (tally: Tally) => void = () => {}, end: Partial<ReportInput['end']> = {}): ReportInput {
  const tally = new Tally()
  Object.assign(tally.fixes, { intended: 110, sent: 105, finals: 5, accepted: 104, lostOnPurpose: 5, batched: 12 })
  bump(tally.rejected, 'future_time')
  bump(tally.statuses, '202', 93)
  for (const ms of [1, 2, 3, 400]) tally.latency.add(ms)
  tally.frames = 210
  change(tally)
  return {
    seed: 3,
    riders: 5,
    viewers: 10,
    tookMs: 10_000,
    tally,
    end: { complete: true, loss: 0, seenByViewer: [9, 20, 21, 11, 20, 20, 20, 20, 20, 20], ...end },
    serverCpuS: 0.052,
    simulatorCpuS: 0.4,
  }
}

describe('makeReport', () => {
  test('has the figures, in the names of the wire', () => {
    const report = makeReport(input())
    expect(report).toMatchObject({
      seed: 3,
      riders: 5,
      viewers: 10,
      duration_ms: 10_000,
      complete: true,
      fixes: {
        intended: 110,
        sent: 105,
        accepted: 104,
        rejected: { future_time: 1 },
        failed: 0,
        lost_on_purpose: 5,
        batched: 12,
        statuses: { '202': 93 },
        per_second: 10,
      },
      fix_to_frame_ms: { count: 4, max: 400 },
      send_lateness_ms: { count: 0 },
      watching: { frames: 210, fixes_seen_min: 9, fixes_seen_median: 20, loss: 0, version_violations: 0 },
      cpu: { server_s: 0.05, simulator_s: 0.4, server_us_per_fix: 500 },
    })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test('a run that was stopped says nothing of loss, and one without viewers nothing of what they saw', () => {
    const stopped = makeReport(input(undefined, { complete: false, loss: 7 }))
    expect(stopped.watching.loss).toBeNull()
    expect(faultsOf(stopped)).toEqual([])
    const unwatched = makeReport(input(undefined, { seenByViewer: [] }))
    expect(unwatched.watching.fixes_seen_min).toBeNull()
  })

  test('another’s server has no CPU time', () => {
    const report = makeReport({ ...input(), serverCpuS: undefined })
    expect(report.cpu).toEqual({ server_s: null, simulator_s: 0.4, server_us_per_fix: null })
  })

  test('every line of the table has a label and a value', () => {
    for (const [label, value] of reportLines(makeReport(input()))) {
      expect(label.trim()).not.toBe('')
      expect(value).not.toMatch(/undefined|NaN|\[object/)
    }
  })
})

describe('faultsOf', () => {
  const faults = (change: (tally: Tally) => void, end: Partial<ReportInput['end']> = {}) =>
    faultsOf(makeReport(input(change, end))).length

  test('a good run has none, and planted ones are each found', () => {
    expect(faults(() => {})).toBe(0)
    expect(faults(() => {}, { loss: 1 })).toBe(1)
    expect(faults((tally) => (tally.violations = 1))).toBe(1)
    expect(faults((tally) => (tally.foreign = 1))).toBe(1)
    expect(faults((tally) => (tally.fixes.accepted = 0))).toBe(1)
  })
})

test('the CPU time of a process is read after its name, whatever that holds', () => {
  const rest = 'S 1 10 10 0 -1 4194560 9 0 0 0 1234 66 0 0 20 0 8 0 12345'
  expect(parseStat(`77 (bun) ${rest}`)).toBe(13)
  expect(parseStat(`77 (odd) name (x) ${rest}`)).toBe(13)
  expect(parseStat('')).toBeUndefined()
})
