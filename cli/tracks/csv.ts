import { RecordReader } from './columns.ts'
import { CsvRows } from './csv-rows.ts'
import { finishTracks } from './findings.ts'
import { eachLine } from './source.ts'
import { type TrackFile, TrackFileError } from './track.ts'
import { TrackBuilder } from './track-builder.ts'

/**
 * Reads comma, semicolon or tab separated values whose first line names the columns ({@link RecordReader} says which
 * names count). Lines of `#` before it, and a spreadsheet's `sep=`, are passed over. With another delimiter than the
 * comma, a comma in a number is a decimal comma.
 *
 * @throws TrackFileError `no_position_columns`, `no_points`
 */
export async function readCsv(chunks: AsyncIterable<string>): Promise<TrackFile> {
  const builder = new TrackBuilder()
  let rows: CsvRows | undefined
  let reader: RecordReader | undefined
  let columnCount = 0
  let lastRow: string[] | undefined
  let shortRows = 0

  const takeRow = (cells: string[], delimiter: string) => {
    if (!reader) {
      columnCount = cells.length
      reader = new RecordReader(cells, builder, { decimalComma: delimiter !== ',' })
      return
    }
    if (lastRow) reader.read(lastRow)
    lastRow = cells
    if (cells.length < columnCount) shortRows += 1
  }
  await eachLine(chunks, (line) => {
    if (!rows) {
      if (line.startsWith('#') || /^sep=.$/i.test(line)) return
      const delimiter = delimiterOf(line)
      rows = new CsvRows(delimiter, (cells) => takeRow(cells, delimiter))
    }
    rows.line(line)
  })
  rows?.end()
  if (!reader) throw new TrackFileError('no_position_columns', 'has no line that names columns: name them lat and lng')

  const notes: string[] = []
  // A number at the end of a file that was cut off may lack digits.
  const isCut = lastRow !== undefined && shortRows === 1 && lastRow.length < columnCount
  if (isCut) notes.push('the last line is cut off and was left out')
  else if (lastRow) reader.read(lastRow)
  reader.end()
  if (rows && rows.brokenLines > 0) notes.push(`lines left out for a quote that does not close: ${rows.brokenLines}`)
  return finishTracks('csv', [{ label: 'rows', builder }], notes)
}

/** The delimiter that the line of names has most of, outside quotes; a comma when it has none. */
export function delimiterOf(line: string): string {
  const bare = line.replace(/"[^"]*"/g, '')
  const count = (delimiter: string) => bare.split(delimiter).length - 1
  const [best] = [',', ';', '\t'].sort((a, b) => count(b) - count(a))
  return best ?? ','
}
