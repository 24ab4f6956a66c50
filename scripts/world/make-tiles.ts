import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { pmtilesFile, type VectorTile } from './pmtiles-file.ts'
import { runCommand } from './run-command.ts'

const attribution = '© OpenStreetMap contributors'

/**
 * Makes the map's PMTiles file from an OpenStreetMap extract, with tilemaker and the schema beside this file.
 *
 * On one thread, so that the order inside tiles seldom differs from run to run; tilemaker promises no fixed one.
 *
 * @param folder where tilemaker leaves its own output
 */
export async function makeTiles(extractPath: string, folder: string): Promise<Uint8Array> {
  const mbtilesPath = join(folder, 'tiles.mbtiles')
  const schema = ['--config', join(import.meta.dir, 'tiles.json'), '--process', join(import.meta.dir, 'tiles.lua')]
  const files = ['--input', extractPath, '--output', mbtilesPath]
  await runCommand(['tilemaker', '--threads', '1', ...files, ...schema], { cwd: folder })
  using mbtiles = new Database(mbtilesPath, { readonly: true })
  const facts = readFacts(mbtiles)
  const [west, south, east, north] = degrees(facts, 'bounds')
  const metadata = {
    name: facts.name,
    description: facts.description,
    attribution,
    license: 'ODbL-1.0',
    type: 'baselayer',
    ...JSON.parse(facts.json ?? '{}'),
  }
  const bounds = { west, south, east, north }
  const centre = { lat: (south + north) / 2, lng: (west + east) / 2, zoom: 11 }
  return pmtilesFile(readTiles(mbtiles), { bounds, centre, metadata })
}

function readFacts(mbtiles: Database): Record<string, string> {
  const rows = mbtiles.query<{ name: string; value: string }, []>('SELECT name, value FROM metadata').all()
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

function degrees(facts: Record<string, string>, key: string): [number, number, number, number] {
  const [west, south, east, north] = (facts[key] ?? '').split(',').map(Number)
  if (west === undefined || south === undefined || east === undefined || north === undefined) {
    throw new Error(`tilemaker wrote no ${key}`)
  }
  return [west, south, east, north]
}

function readTiles(mbtiles: Database): VectorTile[] {
  const rows = mbtiles
    .query<{ z: number; x: number; row: number; data: Uint8Array }, []>(
      'SELECT zoom_level AS z, tile_column AS x, tile_row AS row, tile_data AS data FROM tiles',
    )
    .all()
  // MBTiles counts rows from the south (TMS), PMTiles from the north.
  return rows.map(({ z, x, row, data }) => ({
    z,
    x,
    y: 2 ** z - 1 - row,
    data: Bun.gunzipSync(new Uint8Array(data)),
  }))
}
