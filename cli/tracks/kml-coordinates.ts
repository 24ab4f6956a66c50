import { parseDecimal } from './decimal.ts'

/** A tuple is some 60 characters; what goes on without a blank is cut here, so that it cannot pile up. */
const MAX_TUPLE_CHARS = 1000

/**
 * Reads the text of KML `coordinates` as it arrives in pieces: `lng,lat[,alt]` tuples between blanks, and the common
 * slip of a blank beside a comma. What stands at the end of a piece waits for the next one.
 */
export class CoordinateList {
  #rest = ''

  constructor(
    private readonly take: (lat: number | undefined, lng: number | undefined, altitudeM: number | undefined) => void,
  ) {}

  write(piece: string): void {
    // The look behind keeps a long run of blanks from being tried at each of its characters.
    const text = (this.#rest + piece).replace(/(?<!\s)\s*,\s*/g, ',')
    // The last tuple and the blanks behind it stay: its number, or a comma after the blanks, may go on.
    let keep = text.trimEnd().length
    while (keep > 0 && text.charCodeAt(keep - 1) > 0x20) keep -= 1
    if (text.length - keep > MAX_TUPLE_CHARS) keep = text.length
    this.#rest = text.slice(keep)
    this.#tuples(text.slice(0, keep))
  }

  /** Ends the list. When the file was cut off here, the last tuple may lack digits and is left out. */
  end(isCut: boolean): void {
    if (!isCut) this.#tuples(this.#rest)
    this.#rest = ''
  }

  #tuples(text: string): void {
    for (const tuple of text.split(/\s+/)) {
      if (tuple) this.take(...parseTuple(tuple))
    }
  }
}

/** Reads one tuple, between commas or, as in `gx:coord`, blanks. Longitude comes first in the text, latitude here. */
export function parseTuple(
  text: string,
): [lat: number | undefined, lng: number | undefined, altitudeM: number | undefined] {
  const [lng, lat, altitudeM] = text.trim().split(/[\s,]+/)
  return [parseDecimal(lat), parseDecimal(lng), parseDecimal(altitudeM)]
}
