import { PMTiles } from 'pmtiles'

/** Opens a PMTiles file that is already in memory. */
export function openPmtiles(bytes: Uint8Array): PMTiles {
  return new PMTiles({
    getKey: () => 'memory',
    getBytes: async (offset, length) => ({ data: new Uint8Array(bytes.subarray(offset, offset + length)).buffer }),
  })
}
