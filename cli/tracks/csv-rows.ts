/** A cell in quotes may hold line ends; beyond this many lines the quote is taken for a slip. */
const MAX_LINES_IN_ROW = 100

/**
 * Splits lines into the cells of RFC 4180 rows: cells in double quotes may hold the delimiter, doubled quotes and line
 * ends. A quote inside a cell that does not begin with one is a plain character. A quote that never closes costs only
 * its own line, which is counted.
 */
export class CsvRows {
  /** Lines left out because of a quote that does not close. */
  brokenLines = 0
  #pending: string[] = []

  constructor(
    private readonly delimiter: string,
    private readonly take: (cells: string[]) => void,
  ) {}

  line(line: string): void {
    if (this.#pending.length === 0 && !line.includes('"')) {
      this.take(line.split(this.delimiter))
      return
    }
    this.#pending.push(line)
    // Only a quote can end the row.
    if (this.#pending.length > 1 && !line.includes('"') && this.#pending.length < MAX_LINES_IN_ROW) return
    const cells = splitQuoted(this.#pending.join('\n'), this.delimiter)
    if (cells) {
      this.#pending = []
      this.take(cells)
    } else if (this.#pending.length >= MAX_LINES_IN_ROW) this.#dropFirst()
  }

  end(): void {
    while (this.#pending.length > 0) this.#dropFirst()
  }

  #dropFirst(): void {
    const [, ...others] = this.#pending
    this.brokenLines += 1
    this.#pending = []
    for (const line of others) this.line(line)
  }
}

/** The cells of a row, or `undefined` when a quote is still open at its end. */
function splitQuoted(row: string, delimiter: string): string[] | undefined {
  const cells: string[] = []
  let at = 0
  for (;;) {
    let cell = ''
    let start = at
    while (row[start] === ' ') start += 1
    if (row[start] === '"') {
      at = start + 1
      for (;;) {
        const quote = row.indexOf('"', at)
        if (quote === -1) return undefined
        cell += row.slice(at, quote)
        at = quote + 1
        if (row[at] !== '"') break
        cell += '"'
        at += 1
      }
    }
    const end = row.indexOf(delimiter, at)
    cells.push(cell + row.slice(at, end === -1 ? undefined : end))
    if (end === -1) return cells
    at = end + delimiter.length
  }
}
