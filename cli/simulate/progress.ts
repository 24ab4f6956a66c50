/** How a run is doing, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */

import type { Run } from './run'

const TERMINAL_EVERY_MS = 500
const ELSEWHERE_EVERY_MS = 5_000

/** Shows the run until the returned function is called. */
export function showProgress(run: Run, out: { isTTY?: boolean; write(text: string): unknown }): () => void {
  const everyMs = out.isTTY ? TERMINAL_EVERY_MS : ELSEWHERE_EVERY_MS
  const startMs = performance.now()
  let before = { atMs: startMs, sent: 0, frames: 0 }
  const timer = setInterval(() => {
    const now = { atMs: performance.now(), sent: run.tally.fixes.sent, frames: run.tally.frames }
    const seconds = (now.atMs - before.atMs) / 1000
    const rates = { fixes: (now.sent - before.sent) / seconds, frames: (now.frames - before.frames) / seconds }
    const line = progressLine(run, (now.atMs - startMs) / 1000, rates)
    before = now
    out.write(out.isTTY ? `\r\x1b[2K${line}` : `${line}\n`)
  }, everyMs)
  return () => {
    clearInterval(timer)
    if (out.isTTY) out.write('\r\x1b[2K')
  }
}

function progressLine(
  { tally, viewers, riders }: Run,
  elapsedS: number,
  rates: { fixes: number; frames: number },
): string {
  const connected = viewers.reduce((sum, viewer) => sum + (viewer.isOpen ? 1 : 0), 0)
  const ms = (share: number) => tally.latency.percentile(share)?.toFixed(1) ?? '-'
  const rejected = Object.values(tally.rejected).reduce((sum, n) => sum + n, 0)
  const errors = rejected + tally.fixes.failed + tally.violations + tally.foreign
  return [
    `${elapsedS.toFixed(0)} s`,
    `${riders.length} riders`,
    `${connected}/${viewers.length} viewers`,
    `${rates.fixes.toFixed(0)} fixes/s`,
    `${rates.frames.toFixed(0)} frames/s`,
    `p50 ${ms(0.5)} ms p99 ${ms(0.99)} ms`,
    `${errors} errors`,
  ].join('  ')
}
