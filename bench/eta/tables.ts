/** The figures as text. */

import type { FitRow } from './fit'
import type { Summary } from './summary'

export interface About {
  files: number
  trips: number
  half: string
  holdOut: string
  intervalS: number
  seed: number
}

export function printSummaries(
  about: About,
  rows: readonly { noise: string; variant: string; summary: Summary }[],
): void {
  const { files, trips, half, holdOut, intervalS, seed } = about
  console.log(`${trips} trips of ${files} files; half: ${half}; a learned prior has not seen the ${holdOut};`)
  console.log(`a reading every ${intervalS} s; seed ${seed}; [..] are bootstrap 95 % intervals over trips\n`)
  console.log(
    'noise    prior   trips | MAE s [95 %]      P90 s  <=2min | <4 min 4-10  >10 | bias | shown up/trip late/trip | range shown | arrival s (n, missed) | jumps off /1000',
  )
  for (const { noise, variant, summary: s } of rows) {
    const cells = [
      `${noise.padEnd(8)} ${variant.padEnd(7)} ${whole(s.trips, 5)} |`,
      `${whole(s.maeS, 5)} ${interval(s.maeInterval, 0).padEnd(11)} ${whole(s.p90S, 6)}  ${percent(s.within2Min)} |`,
      `${whole(s.lastMinutesS.under4, 6)} ${whole(s.lastMinutesS.from4To10, 4)} ${whole(s.lastMinutesS.over10, 4)} |`,
      `${whole(s.biasS, 4)} | ${whole(s.shownMaeS, 5)} ${s.upTicksATrip.toFixed(2).padStart(7)} ${s.putOffsATrip.toFixed(2).padStart(9)} |`,
      `${percent(s.rangeCoverage)} ${percent(s.shownRangeCoverage)} |`,
      `${whole(s.arrivalErrorS, 6)} (${s.arrivalsJudged}, ${s.arrivalsMissed})`.padEnd(21),
      `| ${s.jumpsPer1000.toFixed(2).padStart(5)} ${s.offRoutePer1000.toFixed(1)}`,
    ]
    console.log(cells.join(' '))
  }
  console.log('\nbaselines: MAE s, and ours as a share of it [95 %]')
  for (const { noise, variant, summary } of rows) {
    const cells = Object.entries(summary.baselines).map(
      ([name, { maeS, ratio, interval: range }]) =>
        `${name} ${whole(maeS, 1)}: ${ratio.toFixed(2)} ${interval(range, 2)}`,
    )
    console.log(`${noise.padEnd(8)} ${variant.padEnd(7)} ${cells.join(' | ')}`)
  }
}

export function printFit(variant: string, rows: readonly FitRow[]): void {
  console.log(`${variant}: trust s, forget s, long stop s | fitting half MAE s, range | other half MAE s, range`)
  for (const row of rows) {
    console.log(
      `${whole(row.trustS, 7)} ${whole(row.forgetS, 6)} ${whole(row.longStopS, 6)} | ${row.fitMaeS.toFixed(1)} ${percent(row.fitCoverage)} | ${row.reportMaeS.toFixed(1)} ${percent(row.reportCoverage)}`,
    )
  }
}

function whole(value: number, width: number): string {
  return (Number.isFinite(value) ? value.toFixed(0) : '-').padStart(width)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`.padStart(5)
}

function interval([low, high]: readonly [number, number], decimals: number): string {
  return `[${low.toFixed(decimals)}-${high.toFixed(decimals)}]`
}
