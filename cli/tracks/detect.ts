import type { TrackSource } from './source.ts'
import { TrackFileError } from './track.ts'

/** How a file is to be read. `json` is read whole and is GeoJSON or plain records; `owntracks` is one record a line. */
export type TrackSyntax = 'gpx' | 'kml' | 'tcx' | 'json' | 'owntracks' | 'csv'

const ROOTS = new Map<string, TrackSyntax>([
  ['gpx', 'gpx'],
  ['kml', 'kml'],
  ['TrainingCenterDatabase', 'tcx'],
])

/**
 * Decides by the content what a file is; its extension only words a refusal.
 * @throws TrackFileError `compressed`, `unsupported_format`, `unknown_format`, `empty`
 */
export function detectSyntax(source: Pick<TrackSource, 'headBytes' | 'head' | 'extension'>): TrackSyntax {
  refuseBinary(source.headBytes, source.head)
  const text = source.head.trimStart()
  if (text === '') throw new TrackFileError('empty', 'holds nothing but blanks: record or export it again')
  if (text.startsWith('<')) return detectXml(text)
  if (text.startsWith('[')) return 'json'
  if (text.startsWith('{')) return isJsonLines(text) ? 'owntracks' : 'json'
  const firstLine = text.slice(0, text.search(/[\r\n]|$/))
  if (/^\S+\s*\t[^\t]*\t\s*\{/.test(firstLine)) return 'owntracks'
  // A file whose first record was cut off is still a Recorder's, by its name and any later line.
  if (source.extension === 'rec' && /\t\s*\{/.test(text)) return 'owntracks'
  const [names] = text.split(/[\r\n]+/).filter((line) => !line.startsWith('#'))
  if (names && /[,;\t]/.test(names)) return 'csv'
  throw new TrackFileError('unknown_format', unknown(source.extension))
}

function refuseBinary(bytes: Uint8Array, head: string): void {
  const starts = (...values: number[]) => values.every((value, index) => bytes[index] === value)
  if (starts(0x50, 0x4b, 3, 4) || starts(0x50, 0x4b, 5, 6)) {
    throw new TrackFileError('compressed', 'is a zip archive (KMZ is one too): unpack it and name the files inside')
  }
  if (starts(0x1f, 0x8b) || starts(0x42, 0x5a, 0x68) || starts(0x28, 0xb5, 0x2f, 0xfd) || starts(0xfd, 0x37, 0x7a)) {
    throw new TrackFileError('compressed', 'is compressed: unpack it first')
  }
  if (String.fromCharCode(...bytes.subarray(8, 12)) === '.FIT') {
    throw new TrackFileError('unsupported_format', 'is a FIT file: export the activity as GPX or TCX')
  }
  if (head.slice(0, 4096).includes('\0')) throw new TrackFileError('unknown_format', unknown(''))
}

function detectXml(text: string): TrackSyntax {
  const root = /^<(?:[\w.-]+:)?([A-Za-z][\w.-]*)/.exec(skipProlog(text))?.[1]
  const syntax = root === undefined ? undefined : ROOTS.get(root)
  if (syntax) return syntax
  if (root?.toLowerCase() === 'html') {
    throw new TrackFileError(
      'unknown_format',
      'is a web page, perhaps a login or an error: download the recording itself',
    )
  }
  const found = root === undefined ? 'has no root element' : `is XML with the root <${root}>`
  throw new TrackFileError('unknown_format', `${found}: GPX, KML and TCX can be read`)
}

/** What follows declarations, comments and a document type. */
function skipProlog(text: string): string {
  let rest = text
  for (;;) {
    const end = rest.startsWith('<!--') ? '-->' : rest.startsWith('<?') ? '?>' : rest.startsWith('<!') ? '>' : undefined
    if (!end) return rest
    // A document type with entities of its own holds further declarations in brackets.
    const from = end === '>' && /^<![^>]*\[/.test(rest) ? rest.indexOf(']') : 0
    const at = rest.indexOf(end, Math.max(from, 2))
    if (at === -1) return ''
    rest = rest.slice(at + end.length).trimStart()
  }
}

/** One record a line: the first line is an object by itself, and more follow or it calls itself OwnTracks'. */
function isJsonLines(text: string): boolean {
  const end = text.search(/[\r\n]/)
  const firstLine = end === -1 ? text : text.slice(0, end)
  const isObject = parses(firstLine)
  if (isObject && end !== -1 && text.slice(end).trim() !== '') return true
  return isObject && /"_type"\s*:/.test(firstLine)
}

function parses(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

function unknown(extension: string): string {
  const claim = extension ? `is named .${extension}, but its content ` : 'its content '
  return `${claim}is none of GPX, KML, TCX, GeoJSON, OwnTracks .rec, CSV or JSON records: export it as one of these`
}
