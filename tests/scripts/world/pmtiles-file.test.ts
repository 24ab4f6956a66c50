import { describe, expect, test } from 'bun:test'
import { type PMTiles, tileIdToZxy } from 'pmtiles'
import { pmtilesFile, type VectorTile } from '../../../scripts/world/pmtiles-file.ts'
import { openPmtiles } from '../../support/pmtiles-bytes.ts'

const facts = {
  bounds: { west: -9.5, south: -47.25, east: 9.125, north: 47.5 },
  centre: { lat: -1.5, lng: 2.5, zoom: 3 },
  metadata: { attribution: '© someone', vector_layers: [] },
}

function tile(id: number, content: string): VectorTile {
  const [z, x, y] = tileIdToZxy(id)
  return { z, x, y, data: new TextEncoder().encode(content) }
}

async function contentAt(file: PMTiles, z: number, x: number, y: number): Promise<string> {
  return new TextDecoder().decode((await file.getZxy(z, x, y))?.data)
}

describe('pmtilesFile', () => {
  test('writes what the reader of the format gives back, for tiles in any order', async () => {
    const tiles = Array.from({ length: 85 }, (_, id) => tile(id, `tile ${id}`)).reverse()
    const file = openPmtiles(pmtilesFile(tiles, facts))
    for (const { z, x, y, data } of tiles) {
      expect(await contentAt(file, z, x, y)).toBe(new TextDecoder().decode(data))
    }
    expect(await file.getMetadata()).toEqual(facts.metadata)
    expect(await file.getHeader()).toMatchObject({
      specVersion: 3,
      minZoom: 0,
      maxZoom: 3,
      minLon: -9.5,
      minLat: -47.25,
      maxLon: 9.125,
      maxLat: 47.5,
      centerZoom: 3,
      centerLon: 2.5,
      centerLat: -1.5,
      numAddressedTiles: 85,
    })
  })

  test('stores equal tiles once, in one entry where they are neighbours', async () => {
    const tiles = [tile(5, 'sea'), tile(6, 'sea'), tile(7, 'land'), tile(9, 'sea')]
    const file = openPmtiles(pmtilesFile(tiles, facts))
    expect(await file.getHeader()).toMatchObject({ numAddressedTiles: 4, numTileEntries: 3, numTileContents: 2 })
    for (const { z, x, y, data } of tiles) {
      expect(await contentAt(file, z, x, y)).toBe(new TextDecoder().decode(data))
    }
    const [z, x, y] = tileIdToZxy(8)
    expect(await file.getZxy(z, x, y)).toBeUndefined()
  })

  test('refuses no tiles, and more than one directory holds', () => {
    expect(() => void pmtilesFile([], facts)).toThrow(RangeError)
    // Uneven gaps and lengths, else the directory shrinks to nothing under gzip.
    const many: VectorTile[] = []
    for (let id = 0; many.length < 9_000; ) {
      const noise = Buffer.from(Bun.SHA512.hash(`${id}`, 'hex'), 'hex')
      many.push(tile(id, noise.toString('hex', 0, 8 + ((noise[1] ?? 0) % 56))))
      id += 2 + (noise[0] ?? 0)
    }
    expect(() => void pmtilesFile(many, facts)).toThrow(/do not fit a root directory/)
  })
})
