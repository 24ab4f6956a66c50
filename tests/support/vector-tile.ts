/** A feature of a vector tile; the lines (or rings, or points) are in the tile's own units, y downwards. */
export interface TileFeature {
  readonly properties: Readonly<Record<string, string | number>>
  readonly lines: readonly (readonly { readonly x: number; readonly y: number }[])[]
}

/** A layer of a vector tile; a tile's side is `extent` units long. */
export interface TileLayer {
  readonly name: string
  readonly extent: number
  readonly features: readonly TileFeature[]
}

type Field = { readonly number: number; readonly value: number; readonly bytes: Uint8Array }

const noBytes = new Uint8Array()

/**
 * Reads the layers of an uncompressed vector tile, as far as checks on the committed map need: strings and doubles as
 * values, no ids, rings left open. Follows the Mapbox Vector Tile specification, version 2.1.
 */
export function readVectorTile(tile: Uint8Array): TileLayer[] {
  return [...fieldsOf(tile)].filter(({ number }) => number === 3).map(({ bytes }) => readLayer(bytes))
}

function readLayer(bytes: Uint8Array): TileLayer {
  const fields = [...fieldsOf(bytes)]
  const all = (number: number): Field[] => fields.filter((field) => field.number === number)
  const keys = all(3).map((field) => textOf(field.bytes))
  const values = all(4).map((field) => readValue(field.bytes))
  return {
    name: all(1).map((field) => textOf(field.bytes))[0] ?? '',
    extent: all(5)[0]?.value ?? 4096,
    features: all(2).map((field) => readFeature(field.bytes, keys, values)),
  }
}

function readFeature(bytes: Uint8Array, keys: string[], values: (string | number)[]): TileFeature {
  const properties: Record<string, string | number> = {}
  let lines: TileFeature['lines'] = []
  for (const field of fieldsOf(bytes)) {
    if (field.number === 2) {
      const tags = [...varintsOf(field.bytes)]
      for (let i = 0; i < tags.length; i += 2) properties[keys[tags[i] ?? -1] ?? ''] = values[tags[i + 1] ?? -1] ?? ''
    }
    if (field.number === 4) lines = readGeometry([...varintsOf(field.bytes)])
  }
  return { properties, lines }
}

function readGeometry(commands: readonly number[]): TileFeature['lines'] {
  const lines: { x: number; y: number }[][] = []
  const unzigzag = (value = 0): number => (value >>> 1) ^ -(value & 1)
  let [x, y, at] = [0, 0, 0]
  while (at < commands.length) {
    const command = commands[at++] ?? 0
    const [kind, count] = [command & 7, command >> 3]
    for (let i = 0; i < count && kind !== 7; i++) {
      x += unzigzag(commands[at++])
      y += unzigzag(commands[at++])
      if (kind === 1) lines.push([])
      lines.at(-1)?.push({ x, y })
    }
  }
  return lines
}

function readValue(bytes: Uint8Array): string | number {
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) return textOf(field.bytes)
    const view = new DataView(field.bytes.buffer, field.bytes.byteOffset)
    if (field.number === 2) return view.getFloat32(0, true)
    if (field.number === 3) return view.getFloat64(0, true)
    return field.value
  }
  throw new Error('the tile has an empty value')
}

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const at = { offset: 0 }
  while (at.offset < bytes.length) {
    const tag = varint(bytes, at)
    const wireType = tag & 7
    const value = wireType === 0 || wireType === 2 ? varint(bytes, at) : 0
    const length = { 0: 0, 1: 8, 2: value, 5: 4 }[wireType]
    if (length === undefined) throw new Error(`the tile has a field of wire type ${wireType}`)
    yield { number: tag >> 3, value, bytes: length ? bytes.subarray(at.offset, at.offset + length) : noBytes }
    at.offset += length
  }
}

function* varintsOf(bytes: Uint8Array): Generator<number> {
  const at = { offset: 0 }
  while (at.offset < bytes.length) yield varint(bytes, at)
}

function varint(bytes: Uint8Array, at: { offset: number }): number {
  let value = 0
  for (let factor = 1; ; factor *= 0x80) {
    const byte = bytes[at.offset++]
    if (byte === undefined) throw new Error('the tile ends inside a number')
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
