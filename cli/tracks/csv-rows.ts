/** A cell in quotes may hold line ends; beyond this many lines the quote is taken for a slip. */
const MAX_LINES_IN_ROW = 100

/**
 * Splits lines into the cells of RFC 4180 rows: cells in double quotes may hold the delimiter, doubled quotes and line
 * ends. A quote inside a cell that does not begin with one is a plain character. So is one that never closes, if its
 * line then has as many cells as the first row; else that line alone is left out, and counted.
 */
export class CsvRows {
  brokenLines = 0
  #width: number | undefined
  #pending: string[] = []

  constructor(
    private readonly delimiter: string,
    private readonly take: (cells: string[]) => void,
  ) {}

  line(line: string): void {
    if (this.#pending.length === 0 && !line.includes('"')) {
      this.#row(line.split(this.delimiter))
      return
    }
    this.#pending.push(line)
    // Only a quote can end the row.
    if (this.#pending.length > 1 && !line.includes('"') && this.#pending.length < MAX_LINES_IN_ROW) return
    const cells = splitQuoted(this.#pending.join('\n'), this.delimiter)
    if (Array.isArray(cells)) {
      this.#pending = []
      this.#row(cells)
    } else if (cells === 'broken' || this.#pending.length >= MAX_LINES_IN_ROW) this.#giveUpQuote()
  }

  end(): void {
    while (this.#pending.length > 0) this.#giveUpQuote()
  }

  #row(cells: string[]): void {
    this.#width ??= cells.length
    this.take(cells)
  }

  /** The quote in the first pending line opened nothing; the others are lines of their own. */
  #giveUpQuote(): void {
    const [first = '', ...others] = this.#pending
    const cells = first.split(this.delimiter)
    if (cells.length === this.#width) this.#row(cells)
    else this.brokenLines += 1
    this.#pending = []
    for (const line of others) this.line(line)
  }
}

/** The cells of a row; `open` when its last quote does not close, `broken` when one closes amid a later line's text. */
function splitQuoted(row: string, delimiter: string): string[] | 'open' | 'broken' {
  const isOneLine = !row.includes('\n')
  const cells: string[] = []
  let at = 0
  for (;;) {
    let cell = ''
    let start = at
    while (row[start] === ' ') start += 1
    const isQuoted = row[start] === '"'
    if (isQuoted) {
      at = start + 1
      for (;;) {
        const quote = row.indexOf('"', at)
        if (quote === -1) return 'open'
        cell += row.slice(at, quote)
        at = quote + 1
        if (row[at] !== '"') break
        cell += '"'
        at += 1
      }
    }
    const end = row.indexOf(delimiter, at)
    const rest = row.slice(at, end === -1 ? undefined : end)
    if (isQuoted && !isOneLine && rest.trim()) return 'broken'
    cells.push(cell + rest)
    if (end === -1) return cells
    at = end + delimiter.length
  }
}
