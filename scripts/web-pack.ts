import { gzipSync } from 'node:zlib'
import { type PackIndex, packMagic } from '../src/fanout/pack.ts'

/** A file of the pages before packing. */
export type PackEntry = {
  path: string
  type: string
  body: Buffer
  /** The name changes with the content, so it may be kept for ever. */
  immutable?: boolean
  /** Set for map tiles: served by ranges, and announced to the pages. */
  tiles?: { bounds: number[]; credit: string }
}

/** Writes entries as one pack; a path that occurs twice (two pages sharing a chunk) is kept once. Returns its size. */
export async function writePack(packPath: string, entries: PackEntry[]): Promise<number> {
  const unique = [...new Map(entries.map((entry) => [entry.path, entry])).values()]
  const index: PackIndex = { files: [] }
  const bodies: Buffer[] = []
  let offset = 0
  const add = (body: Buffer) => {
    const place = { offset, length: body.length }
    bodies.push(body)
    offset += body.length
    return place
  }
  for (const { path, type, body, immutable, tiles } of unique) {
    const zipped = tiles ? undefined : gzipSync(body, { level: 9 })
    const etag = `"${Bun.hash(body).toString(36)}"`
    index.files.push({
      path,
      type,
      etag,
      plain: add(body),
      ...(zipped && zipped.length < body.length * 0.9 && { gzip: add(zipped) }),
      ...(immutable && { immutable }),
      ...(tiles && { tiles }),
    })
  }
  const head = Buffer.from(JSON.stringify(index))
  const lead = Buffer.alloc(packMagic.length + 4)
  lead.write(packMagic)
  lead.writeUInt32BE(head.length, packMagic.length)
  return await Bun.write(packPath, Buffer.concat([lead, head, ...bodies]))
}
