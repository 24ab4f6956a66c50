import { stat } from 'node:fs/promises'
import { TrackFileError } from './track.ts'

const HEAD_BYTES = 64 * 1024
/** No line, and no row, is longer: what is, is not a file of points. */
const MAX_LINE_CHARS = 16 * 1024 * 1024

/** A file that is there and can be read, with its beginning already at hand. */
export interface TrackSource {
  /** Lower case, without the dot; empty when there is none. */
  extension: string
  sizeBytes: number
  headBytes: Uint8Array
  /** The beginning as text, up to 64 KiB, without a byte order mark. */
  head: string
  /** Streams the whole text; each call reads the file anew. Bytes that are no text become U+FFFD. */
  chunks(): AsyncGenerator<string>
}

/** Opens a recording. @throws TrackFileError `not_found`, `not_a_file`, `unreadable`, `empty` */
export async function openTrackSource(path: string): Promise<TrackSource> {
  const sizeBytes = await sizeOf(path)
  const file = Bun.file(path)
  const headBytes = await file.slice(0, HEAD_BYTES).bytes().catch(refuseUnreadable)
  if (headBytes.length === 0) throw new TrackFileError('empty', 'is empty: record or export it again')
  const encoding = encodingOf(headBytes)
  return {
    extension: /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '',
    sizeBytes,
    headBytes,
    head: new TextDecoder(encoding).decode(headBytes),
    async *chunks() {
      const decoder = new TextDecoder(encoding)
      const reader = file.stream().getReader()
      try {
        for (;;) {
          const { done, value } = await reader.read().catch(refuseUnreadable)
          if (done) break
          const text = decoder.decode(value, { stream: true })
          if (text) yield text
        }
        const rest = decoder.decode()
        if (rest) yield rest
      } finally {
        await reader.cancel()
      }
    },
  }
}

/**
 * Calls back with each line that is not blank, in order, without its line end (LF, CRLF or CR).
 * @throws TrackFileError `malformed` for a line above 16 Mi characters
 */
export async function eachLine(chunks: AsyncIterable<string>, take: (line: string) => void): Promise<void> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(/[\r\n]/)
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_CHARS) {
      throw new TrackFileError('malformed', 'has a line of more than 16 million characters: is it one record a line?')
    }
    for (const line of lines) if (line.trim()) take(line)
  }
  if (rest.trim()) take(rest)
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      throw new TrackFileError('not_found', 'does not exist: check the path', { cause: error })
    }
    return refuseUnreadable(error)
  })
  if (!info.isFile()) {
    const what = info.isDirectory()
      ? 'is a folder: name the files in it'
      : 'is not a regular file: save it to one first'
    throw new TrackFileError('not_a_file', what)
  }
  return info.size
}

function refuseUnreadable(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error)
  throw new TrackFileError('unreadable', `cannot be read (${reason}): check its permissions`, { cause: error })
}

/** A byte order mark decides, then an XML declaration (XML 1.0, appendix F), else it is UTF-8. */
function encodingOf(bytes: Uint8Array): Bun.Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be' as Bun.Encoding
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200))
  const declared = /^\s*<\?xml[^>]*\sencoding=["']([\w-]+)["']/.exec(start)?.[1]?.toLowerCase()
  // A declaration that was legible as bytes is not in UTF-16, whatever it claims.
  if (!declared || declared.startsWith('utf-16')) return 'utf-8'
  try {
    return new TextDecoder(declared as Bun.Encoding).encoding as Bun.Encoding
  } catch {
    return 'utf-8'
  }
}
