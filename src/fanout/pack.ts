/** How a pack begins; then the index's length (uint32, big endian), the index as JSON, and the bodies. */
export const packMagic = 'zltpack1'

/** A body's place, counted from the end of the index. */
export type PackPlace = { offset: number; length: number }

/** One file of the pages. */
export type PackFile = {
  /** The path it is served under; one that ends in `/*` is served for all below. */
  path: string
  type: string
  etag: string
  plain: PackPlace
  gzip?: PackPlace
  immutable?: boolean
  tiles?: { bounds: number[]; credit: string }
}

/** What a pack holds. */
export type PackIndex = { files: PackFile[] }

/** A pack in memory. */
export type Pack = { files: PackFile[]; read(place: PackPlace): Uint8Array<ArrayBuffer> }

/** Opens a pack; throws when the file is none. The path may be one inside the compiled program. */
export async function openPack(packPath: string): Promise<Pack> {
  const buffer = await Bun.file(packPath).arrayBuffer()
  const bytes = new Uint8Array(buffer)
  const lead = packMagic.length
  if (new TextDecoder().decode(bytes.subarray(0, lead)) !== packMagic)
    throw new Error(`${packPath} is no pack of pages`)
  const length = new DataView(buffer).getUint32(lead)
  const start = lead + 4 + length
  const { files } = JSON.parse(new TextDecoder().decode(bytes.subarray(lead + 4, start))) as PackIndex
  return { files, read: (place) => bytes.subarray(start + place.offset, start + place.offset + place.length) }
}
