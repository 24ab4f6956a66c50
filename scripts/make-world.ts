import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fetchExtract } from './world/fetch-extract.ts'
import { makeRoutes } from './world/make-routes.ts'
import { makeTiles } from './world/make-tiles.ts'

/*
 * Makes the demo's world anew: the map's tiles and the routes ridden on it. For maintainers; its output is committed.
 * Needs Debian and the network: apt-get install dpkg-dev tilemaker routino
 */
const project = join(import.meta.dir, '..')
const folder = await mkdtemp(join(tmpdir(), 'zlt-world-'))
try {
  const extractPath = await fetchExtract(folder)
  await write('web/map/liechtenstein.pmtiles', await makeTiles(extractPath, folder))
  await write('cli/demo/routes.json', `${JSON.stringify(await makeRoutes(extractPath, folder), null, 2)}\n`)
} finally {
  await rm(folder, { recursive: true })
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = await Bun.write(join(project, path), content)
  console.log(`${relative(project, join(project, path))}: ${bytes} bytes`)
}
