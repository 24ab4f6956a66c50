/** What a fault run says while it runs, and the table it ends with. */

/** One run: a file of this folder exports `name` and `run`, and is added to the list in `run.ts`. */
export interface FaultRun {
  readonly name: string
  /** Breaks something and checks what must hold all the same. A throw fails the run; so does a check. */
  run(report: Report): Promise<void>
}

interface Row {
  run: string
  what: string
  ok: boolean
  detail: string
}

export class Report {
  readonly #rows: Row[] = []
  #run = ''

  /** @param say where progress goes */
  constructor(private readonly say: (line: string) => void = console.error) {}

  get failed(): boolean {
    return this.#rows.some(({ ok }) => !ok)
  }

  /** What did not hold, with its figure. */
  get failures(): string[] {
    return this.#rows.filter(({ ok }) => !ok).map(({ what, detail }) => `${what}: ${detail}`)
  }

  begin(run: string): void {
    this.#run = run
    this.progress('begins')
  }

  /** Goes to stderr at once: a run of minutes must be seen to move. */
  progress(text: string): void {
    this.say(`${new Date().toISOString().slice(11, 19)}  ${this.#run}  ${text}`)
  }

  /** Adds a line to the table; `detail` is the figure behind it. */
  check(what: string, ok: boolean, detail: string | number = ''): void {
    this.#rows.push({ run: this.#run, what, ok, detail: String(detail) })
    if (!ok) this.progress(`FAILED: ${what} ${detail}`)
  }

  table(): string {
    const rows = this.#rows.map(({ run, what, ok, detail }) => [run, what, ok ? 'ok' : 'FAILED', detail])
    const cells = [['run', 'what must hold', 'result', 'figure'], ...rows]
    const widths = [0, 1, 2].map((i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
    return cells
      .map((row) =>
        row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n')
  }
}
