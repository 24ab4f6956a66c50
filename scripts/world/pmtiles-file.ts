import { zxyToTileId } from 'pmtiles'

/** One vector tile, uncompressed, in XYZ numbering (row 0 is the northernmost). */
export interface VectorTile {
  readonly z: number
  readonly x: number
  readonly y: number
  readonly data: Uint8Array
}

/** What a PMTiles file says of itself beside its tiles; degrees are WGS 84. */
export interface TileSetFacts {
  readonly bounds: { readonly west: number; readonly south: number; readonly east: number; readonly north: number }
  readonly centre: { readonly lat: number; readonly lng: number; readonly zoom: number }
  /** The JSON metadata: `vector_layers`, `attribution`, `name` and so on. */
  readonly metadata: Readonly<Record<string, unknown>>
}

interface Entry {
  readonly id: number
  readonly offset: number
  readonly length: number
  runLength: number
}

const headerBytes = 127
/** Readers fetch header and root directory as the file's first 16 KiB. */
const rootLimitBytes = 16_384 - headerBytes
const gzip = 2
const vectorTiles = 1

/**
 * Writes a PMTiles file with gzipped vector tiles, clustered, each content once, in a single root directory.
 *
 * Follows the PMTiles specification, version 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md).
 *
 * @throws RangeError for no tiles, or for more than one root directory holds (some thousands): it writes no leaf directories
 */
export function pmtilesFile(tiles: readonly VectorTile[], facts: TileSetFacts): Uint8Array {
  const { entries, contents } = cluster(tiles)
  const root = Bun.gzipSync(directory(entries), { level: 9 })
  if (root.length > rootLimitBytes) throw new RangeError(`${entries.length} entries do not fit a root directory`)
  const metadata = Bun.gzipSync(new TextEncoder().encode(JSON.stringify(facts.metadata)), { level: 9 })
  const zooms = tiles.map(({ z }) => z)

  const header = new DataView(new ArrayBuffer(headerBytes))
  new Uint8Array(header.buffer).set(new TextEncoder().encode('PMTiles'))
  header.setUint8(7, 3)
  const metadataAt = headerBytes + root.length
  const contentsAt = metadataAt + metadata.length
  const contentsLength = contents.reduce((sum, content) => sum + content.length, 0)
  // Offset and length of root directory, metadata, leaf directories and tile data; then addressed tiles, entries, contents.
  const numbers = [headerBytes, root.length, metadataAt, metadata.length, contentsAt, 0, contentsAt, contentsLength]
  for (const [index, number] of [...numbers, tiles.length, entries.length, contents.length].entries()) {
    header.setBigUint64(8 + 8 * index, BigInt(number), true)
  }
  const bytes = [1, gzip, gzip, vectorTiles, Math.min(...zooms), Math.max(...zooms)]
  for (const [index, byte] of bytes.entries()) header.setUint8(96 + index, byte)
  const { bounds, centre } = facts
  for (const [index, degrees] of [bounds.west, bounds.south, bounds.east, bounds.north].entries()) {
    header.setInt32(102 + 4 * index, Math.round(degrees * 1e7), true)
  }
  header.setUint8(118, centre.zoom)
  header.setInt32(119, Math.round(centre.lng * 1e7), true)
  header.setInt32(123, Math.round(centre.lat * 1e7), true)
  return new Uint8Array(Buffer.concat([new Uint8Array(header.buffer), root, metadata, ...contents]))
}

function cluster(tiles: readonly VectorTile[]): { entries: Entry[]; contents: Uint8Array[] } {
  if (tiles.length === 0) throw new RangeError('a PMTiles file needs at least one tile')
  const sorted = tiles.map(({ z, x, y, data }) => ({ id: zxyToTileId(z, x, y), data })).sort((a, b) => a.id - b.id)
  const entries: Entry[] = []
  const contents: Uint8Array[] = []
  const placed = new Map<string, { offset: number; length: number }>()
  let end = 0
  for (const { id, data } of sorted) {
    const hash = Bun.SHA256.hash(data, 'hex')
    let place = placed.get(hash)
    if (place === undefined) {
      const content = Bun.gzipSync(new Uint8Array(data), { level: 9 })
      place = { offset: end, length: content.length }
      placed.set(hash, place)
      contents.push(content)
      end += content.length
    }
    const last = entries.at(-1)
    if (last && last.offset === place.offset && last.id + last.runLength === id) last.runLength++
    else entries.push({ id, ...place, runLength: 1 })
  }
  return { entries, contents }
}

function directory(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  const put = (value: number): void => {
    let rest = value
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    bytes.push(rest)
  }
  put(entries.length)
  for (const [index, { id }] of entries.entries()) put(id - (entries[index - 1]?.id ?? 0))
  for (const { runLength } of entries) put(runLength)
  for (const { length } of entries) put(length)
  for (const [index, { offset }] of entries.entries()) {
    const before = entries[index - 1]
    // 0 says "right behind the entry before"; any other offset is written plus one.
    put(before !== undefined && before.offset + before.length === offset ? 0 : offset + 1)
  }
  return Uint8Array.from(bytes)
}
