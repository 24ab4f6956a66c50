import { Parser } from 'htmlparser2'
import { TrackFileError } from './track.ts'

const MAX_DEPTH = 200
const MAX_PENDING_CHARS = 16 * 1024 * 1024
const MAX_TEXT_CHARS = 64 * 1024

/** What a reader of an XML format is told, in document order. Names come without their namespace's prefix. */
export interface XmlHandler {
  open(name: string, attributes: Record<string, string>, parent: string): void
  /** Called before `close` with the text of an element that has no children, in one piece; not for what was cut off. */
  leaf(name: string, text: string, parent: string): void
  /** `isCut` when the file ended before its closing tag. */
  close(name: string, isCut: boolean): void
  /** Elements whose text is handed over in pieces as it arrives, instead of to `leaf`, because it may be huge. */
  streamed?: { names: ReadonlySet<string>; text(name: string, piece: string): void }
}

/** How the document ended: `complete` is false when its root was never closed. */
export interface XmlEnd {
  complete: boolean
}

/**
 * Streams XML through a forgiving parser: unbound prefixes, unclosed elements and a document cut off anywhere are no
 * errors. At a cut, what was open is closed; the element that was being written gives no `leaf`. Entities of a DTD are
 * not expanded, so a small file cannot grow.
 *
 * @throws TrackFileError `malformed` for nesting beyond 200 levels, or a tag or comment beyond 16 Mi characters
 */
export async function readXml(chunks: AsyncIterable<string>, handler: XmlHandler): Promise<XmlEnd> {
  const names: string[] = []
  let text = ''
  let isLeaf = false
  let isCut = false
  let isStreamed = false
  let rootClosed = false
  const parser = new Parser(
    {
      onopentag(qualified, attributes) {
        const name = localName(qualified)
        const parent = names.at(-1) ?? ''
        if (names.push(name) > MAX_DEPTH) {
          throw new TrackFileError('malformed', `nests elements deeper than ${MAX_DEPTH}: it is no recording`)
        }
        text = ''
        isLeaf = true
        isStreamed = handler.streamed?.names.has(name) ?? false
        handler.open(name, attributes, parent)
      },
      ontext(piece) {
        const name = names.at(-1)
        if (name === undefined) return
        if (isStreamed) handler.streamed?.text(name, piece)
        else if (isLeaf && text.length < MAX_TEXT_CHARS) text += piece
      },
      onclosetag() {
        const name = names.pop()
        if (name === undefined) return
        if (isLeaf && !isStreamed && !isCut) handler.leaf(name, text, names.at(-1) ?? '')
        isLeaf = false
        isStreamed = false
        handler.close(name, isCut)
        if (names.length === 0 && !isCut) rootClosed = true
      },
    },
    { xmlMode: true },
  )
  let written = 0
  for await (const chunk of chunks) {
    parser.write(chunk)
    written += chunk.length
    // The parser keeps all it cannot finish, such as a comment that never ends.
    if (written - parser.endIndex > MAX_PENDING_CHARS) {
      throw new TrackFileError('malformed', 'has a tag or comment that does not end: repair it or export it again')
    }
  }
  isCut = true
  parser.end()
  return { complete: rootClosed }
}

/** The attribute of that local name, with or without a prefix. */
export function attribute(attributes: Record<string, string>, name: string): string | undefined {
  const plain = attributes[name]
  if (plain !== undefined) return plain
  for (const key in attributes) if (localName(key) === name) return attributes[key]
  return undefined
}

/** What to tell the user about a document that was cut off. */
export const CUT_OFF = 'the file is cut off: what was there before the cut was read'

function localName(qualified: string): string {
  return qualified.slice(qualified.lastIndexOf(':') + 1)
}
