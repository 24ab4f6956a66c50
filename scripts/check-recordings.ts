import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readTracks } from '../cli/tracks/read.ts'
import { TrackFileError, type TrackFindings } from '../cli/tracks/track.ts'
import { countPoints } from './count-recording-points.ts'

/**
 * Reads every file of a folder and counts its points a second time by plain text search, so that a reader that loses
 * or invents points shows: `bun scripts/check-recordings.ts FOLDER [--json]`.
 *
 * Exit code 1 when a count differs or a file raises anything but a reasoned refusal, 2 for wrong usage.
 */
interface Row {
  file: string
  format: string
  findings?: TrackFindings
  /** Points by the second count: of the kind that is read, and of lesser kinds. */
  counted?: { read: number; rest: number }
  /** Absent for a refusal. */
  equal?: boolean
  remark: string
}

async function checkFile(folder: string, file: string): Promise<Row> {
  const path = join(folder, file)
  try {
    const { format, findings } = await readTracks(path)
    const counted = countPoints(await Bun.file(path).text())
    const equal = findings.points === counted.read && findings.notRead === counted.rest
    return { file, format, findings, counted, equal, remark: findings.warnings.join('; ') }
  } catch (error) {
    if (error instanceof TrackFileError) {
      return { file, format: '-', remark: `refused, ${error.code}: ${error.message}` }
    }
    return { file, format: '-', equal: false, remark: `CRASH ${String(error)}` }
  }
}

function printTable(rows: readonly Row[]): void {
  const titles = 'file format points tracks no-time backward duplicate out-of-range no-position counted equal'.split(
    ' ',
  )
  const lines = rows.map(({ file, format, findings, counted, equal, remark }) => {
    const numbers = findings
      ? [
          withRest(findings.points, findings.notRead),
          findings.tracks,
          findings.withoutTime,
          findings.backward,
          findings.duplicate,
          findings.outOfRange,
          findings.withoutPosition,
        ]
      : Array(7).fill('-')
    const second = counted ? withRest(counted.read, counted.rest) : '-'
    return {
      cells: [file, format, ...numbers, second, equal === undefined ? '-' : equal ? 'yes' : 'NO'].map(String),
      remark,
    }
  })
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...lines.map((line) => line.cells[index]?.length ?? 0)),
  )
  const print = (cells: readonly string[], remark: string) =>
    console.log([...cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)), remark].join('  ').trimEnd())
  print(titles, 'warnings or refusal')
  for (const line of lines) print(line.cells, line.remark)
  const refused = rows.filter((row) => row.equal === undefined).length
  const wrong = rows.filter((row) => row.equal === false).length
  console.log(
    `${rows.length} files: ${rows.length - refused - wrong} read and equal, ${refused} refused, ${wrong} wrong`,
  )
}

/** `264+34`: read and, behind the plus, left alone. */
function withRest(read: number, rest: number): string {
  return rest > 0 ? `${read}+${rest}` : String(read)
}

const [folder, ...flags] = process.argv.slice(2)
if (!folder || folder.startsWith('-') || flags.some((flag) => flag !== '--json')) {
  console.error('usage: bun scripts/check-recordings.ts FOLDER [--json]')
  process.exit(2)
}
const entries = await readdir(folder, { withFileTypes: true })
const rows: Row[] = []
for (const entry of entries.toSorted((a, b) => a.name.localeCompare(b.name))) {
  if (entry.isFile()) rows.push(await checkFile(folder, entry.name))
}
if (flags.includes('--json')) console.log(JSON.stringify(rows, null, 2))
else printTable(rows)
process.exitCode = rows.some((row) => row.equal === false) ? 1 : 0
