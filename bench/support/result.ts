/** What a case came to, and how it is printed. */

export interface CaseResult {
  name: string
  unit: string
  zlt: number
  /** The same work without zlt; undefined where there is no such thing. */
  control: number | undefined
  target: string
  ok: boolean
  /** How it was taken: rounds, spread, load. */
  note: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The value below which the share `p` of all lies. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}

/** A case whose target is a multiple of its control. */
export function ratioResult(
  name: string,
  unit: string,
  rounds: { zlt: readonly number[]; control: readonly number[] },
  maxRatio: number,
  how: string,
): CaseResult {
  const [zlt, control] = [median(rounds.zlt), median(rounds.control)]
  const note = `${how}; ${rounds.zlt.length} rounds, zlt ${spread(rounds.zlt)}, control ${spread(rounds.control)}`
  return { name, unit, zlt, control, target: `≤ ${maxRatio} × control`, ok: zlt <= maxRatio * control, note }
}

/** Lowest and highest: how noisy the machine was. */
export function spread(values: readonly number[]): string {
  return `${format(Math.min(...values))}–${format(Math.max(...values))}`
}

export function format(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)
}

/** The table, with the notes below it. */
export function renderTable(results: readonly CaseResult[]): string {
  const rows = results.map((r) => [
    r.name,
    `${format(r.zlt)} ${r.unit}`,
    r.control === undefined ? '' : `${format(r.control)} ${r.unit}`,
    r.control === undefined ? '' : `${(r.zlt / r.control).toFixed(2)} ×`,
    r.target,
    r.ok ? 'ok' : 'MISSED',
  ])
  const all = [['case', 'zlt', 'control', 'ratio', 'target', ''], ...rows]
  const widths = all[0]?.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0))) ?? []
  const lines = all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, '', ...results.map((r) => `${r.name}: ${r.note}`)].join('\n')
}
