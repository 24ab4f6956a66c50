/** What a run came to: one value, printed as JSON or as a table. Names are those of the wire, snake_case. */

import type { LatencySummary } from './histogram'
import type { RunEnd } from './run'
import type { Tally } from './tally'

export interface Report {
  seed: number
  riders: number
  viewers: number
  duration_ms: number
  /** False when it was stopped early: the figures are those until then. */
  complete: boolean
  fixes: {
    intended: number
    sent: number
    accepted: number
    rejected: Record<string, number>
    failed: number
    lost_on_purpose: number
    batched: number
    retries: number
    statuses: Record<string, number>
    /** While riders sent at their interval: without the last fix of each. */
    per_second: number
  }
  /** From the moment a fix was meant to be sent to its frame; fixes of outages are left out. */
  fix_to_frame_ms: LatencySummary
  /** How late the simulator itself sent; large figures mean that it, not the server, is the limit. */
  send_lateness_ms: LatencySummary
  watching: {
    frames: number
    /** Different fixes shown, over the viewers; null without viewers. */
    fixes_seen_min: number | null
    fixes_seen_median: number | null
    /** Fixes of outages that were shown. */
    backlog_seen: number
    /** Viewers that do not show the last fix; null when the run was stopped early. */
    loss: number | null
    version_violations: number
    foreign_frames: number
    reconnects: number
    closes: Record<string, number>
    refusals: Record<string, number>
  }
  cpu: {
    /** Null when the server is not ours or the system does not tell. */
    server_s: number | null
    simulator_s: number
    server_us_per_fix: number | null
  }
}

/** What the report needs beside the counters. */
export interface ReportInput {
  seed: number
  riders: number
  viewers: number
  /** From the first to the last moment of sending. */
  tookMs: number
  tally: Tally
  end: RunEnd
  serverCpuS: number | undefined
  simulatorCpuS: number
}

export function makeReport({ tally, end, tookMs, serverCpuS, simulatorCpuS, ...who }: ReportInput): Report {
  const { fixes } = tally
  const seen = end.seenByViewer.toSorted((a, b) => a - b)
  return {
    ...who,
    duration_ms: Math.round(tookMs),
    complete: end.complete,
    fixes: {
      intended: fixes.intended,
      sent: fixes.sent,
      accepted: fixes.accepted,
      rejected: tally.rejected,
      failed: fixes.failed,
      lost_on_purpose: fixes.lostOnPurpose,
      batched: fixes.batched,
      retries: tally.retries,
      statuses: tally.statuses,
      per_second: tookMs > 0 ? rounded((fixes.sent - fixes.finals) / (tookMs / 1000), 1) : 0,
    },
    fix_to_frame_ms: tally.latency.summary(),
    send_lateness_ms: tally.lateness.summary(),
    watching: {
      frames: tally.frames,
      fixes_seen_min: seen[0] ?? null,
      fixes_seen_median: seen[Math.floor((seen.length - 1) / 2)] ?? null,
      backlog_seen: tally.backlogSeen,
      loss: end.complete ? end.loss : null,
      version_violations: tally.violations,
      foreign_frames: tally.foreign,
      reconnects: tally.reconnects,
      closes: tally.closes,
      refusals: tally.refusals,
    },
    cpu: {
      server_s: serverCpuS === undefined ? null : rounded(serverCpuS, 2),
      simulator_s: rounded(simulatorCpuS, 2),
      server_us_per_fix:
        serverCpuS === undefined || fixes.accepted === 0 ? null : rounded((serverCpuS * 1e6) / fixes.accepted, 1),
    },
  }
}

/** Why the run is a failure, in words; empty when it is none. */
export function faultsOf(report: Report): string[] {
  const { loss, version_violations, foreign_frames } = report.watching
  const faults: string[] = []
  if ((loss ?? 0) > 0) faults.push(`${loss} viewers do not show the last fix of their order`)
  if (version_violations > 0)
    faults.push(`${version_violations} parts were older than one sent before on the same socket`)
  if (foreign_frames > 0) faults.push(`${foreign_frames} frames were not for the viewer that got them`)
  if (report.complete && report.fixes.sent > 0 && report.fixes.accepted === 0) faults.push('no fix was accepted')
  return faults
}

/** The report as aligned lines: what, how much. */
export function reportLines(report: Report): [label: string, value: string][] {
  const { fixes, watching, cpu } = report
  const of = (counters: Record<string, number>) =>
    Object.entries(counters)
      .map(([name, n]) => `${n} ${name}`)
      .join(', ') || '0'
  const lines: [string, string][] = [
    ['riders, viewers', `${report.riders}, ${report.viewers}`],
    ['fixes intended', `${fixes.intended} in ${rounded(report.duration_ms / 1000, 1)} s (seed ${report.seed})`],
    ['  sent', `${fixes.sent} (${fixes.per_second}/s)`],
    ['  accepted', `${fixes.accepted}`],
    ['  rejected', of(fixes.rejected)],
    ['  never answered', `${fixes.failed}`],
    ['  lost on purpose', `${fixes.lost_on_purpose}`],
    ['  in batches after an outage', `${fixes.batched}`],
    ['answers by status', `${of(fixes.statuses)}; ${fixes.retries} repeated`],
    ['fix to frame', latencyText(report.fix_to_frame_ms)],
    ['  of that, sent late by us', latencyText(report.send_lateness_ms)],
    ['frames', `${watching.frames}, ${watching.backlog_seen} of them from outages`],
    ['fixes seen by a viewer', `min ${watching.fixes_seen_min ?? '-'}, median ${watching.fixes_seen_median ?? '-'}`],
    ['viewers without the last fix', `${watching.loss ?? 'unknown: stopped early'}`],
    ['older parts on a socket', `${watching.version_violations}`],
    ['frames for somebody else', `${watching.foreign_frames}`],
    ['reconnects', `${watching.reconnects} (closed with: ${of(watching.closes)})`],
    [
      'CPU',
      `server ${cpu.server_s ?? '-'} s, ${cpu.server_us_per_fix ?? '-'} µs a fix; simulator ${cpu.simulator_s} s`,
    ],
  ]
  if (Object.keys(watching.refusals).length > 0) lines.push(['refused', of(watching.refusals)])
  return lines
}

function latencyText({ count, p50, p90, p99, p99_9, max }: LatencySummary): string {
  if (count === 0) return 'none measured'
  return `p50 ${p50} ms, p90 ${p90}, p99 ${p99}, p99.9 ${p99_9}, max ${max} (${count} measured)`
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals
}
