/** What commands print: data to stdout, everything said about it to stderr. */

/** Writes one line of data. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Writes a value as indented JSON. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2))
}

/** Tells the person at the terminal something that is not data. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** A table's columns: heading → what a row shows there. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => string | number | undefined>>

/** Writes rows below their headings, aligned by the width the terminal gives them; an absent value is a dash. */
export function printTable<Row>(rows: readonly Row[], columns: Columns<Row>): void {
  const shown = rows.map((row) => Object.values(columns).map((cell) => visible(cell(row))))
  const lines = [Object.keys(columns).map((heading) => heading.toUpperCase()), ...shown]
  const widths = Object.keys(columns).map((_, at) => Math.max(...lines.map((line) => Bun.stringWidth(line[at] ?? ''))))
  for (const line of lines) {
    const cells = line.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - Bun.stringWidth(cell)))
    printLine(cells.join('  ').trimEnd())
  }
}

/** Names come from outside: a control character in one could rewrite the terminal. */
function visible(value: string | number | undefined): string {
  if (value === undefined || value === '') return '-'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, '·')
}

/** A point in time to the second, in UTC. */
export function timeOf(epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : `${new Date(epochMs).toISOString().slice(0, 19)}Z`
}
