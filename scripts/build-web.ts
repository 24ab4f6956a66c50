import { mkdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { Glob } from 'bun'
import { PMTiles } from 'pmtiles'
import { type PackEntry, writePack } from './web-pack.ts'

/*
 * Builds the pages and packs them into one file, dist/web.pack, which the compiled program embeds.
 * Scripts, styles and the map's worker get hashed names; the pages refer to them by those.
 */
const project = join(import.meta.dir, '..')
const packPath = process.argv[2] ?? join(project, 'dist/web.pack')

const credit = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>'

/** Pages and the path each is served under; everything they refer to is built beside them. */
const pages = [
  { html: 'web/home/index.html', path: '/' },
  { html: 'web/track/index.html', path: '/t/*' },
  { html: 'web/docs/index.html', path: '/docs' },
]

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
  '.pmtiles': 'application/vnd.pmtiles',
}

/** Builds all pages into entries of a pack. */
async function buildPages(): Promise<PackEntry[]> {
  const entries: PackEntry[] = []
  for (const { html, path } of pages) {
    const folder = join(project, html, '..')
    let text = await Bun.file(join(project, html)).text()
    const references = [...text.matchAll(/(?:src|href)="([\w-]+\.(?:ts|css))"/g)].map((match) => match[1] as string)
    const built = await buildEntrypoints(references.map((name) => join(folder, name)))
    for (const name of references) {
      const url = built.urls.get(join(folder, name))
      if (!url) throw new Error(`${html} refers to ${name}, which was not built`)
      text = text.replaceAll(`"${name}"`, `"${url}"`)
    }
    entries.push(...built.entries, { path, type: typeOf('.html'), body: Buffer.from(text.replace(/>\s+</g, '><')) })
  }
  return entries
}

async function buildEntrypoints(paths: string[]): Promise<{ urls: Map<string, string>; entries: PackEntry[] }> {
  const urls = new Map<string, string>()
  const entries: PackEntry[] = []
  const sources = { scripts: paths.filter((path) => path.endsWith('.ts')), styles: paths.filter(isStyle) }
  // One build a kind: styles imported by a script would be renamed by its splitting.
  for (const entrypoints of [sources.scripts, sources.styles]) {
    if (entrypoints.length === 0) continue
    const result = await Bun.build({
      entrypoints,
      root: project,
      target: 'browser',
      format: 'esm',
      splitting: true,
      minify: true,
      publicPath: '/assets/',
      naming: { entry: '[name]-[hash].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
      define: { 'process.env.NODE_ENV': '"production"' },
    })
    for (const output of result.outputs) {
      const name = basename(output.path)
      const path = `/assets/${name}`
      entries.push({ path, type: typeOf(name), body: Buffer.from(await output.arrayBuffer()), immutable: true })
      if (output.kind === 'chunk') continue
      const source = entrypoints.find((entry) => name.startsWith(`${basename(entry, extname(entry))}-`))
      if (source) urls.set(source, path)
    }
  }
  return { urls, entries }
}

/** The map's tiles, if the project has any, with what the page must know of them. */
async function tiles(): Promise<PackEntry[]> {
  const entries: PackEntry[] = []
  for await (const path of new Glob('web/map/*.pmtiles').scan(project)) {
    const file = Bun.file(join(project, path))
    const body = Buffer.from(await file.arrayBuffer())
    const archive = new PMTiles({
      getKey: () => path,
      getBytes: async (offset, length) => ({ data: await file.slice(offset, offset + length).arrayBuffer() }),
    })
    const { minLon, minLat, maxLon, maxLat } = await archive.getHeader()
    const bounds = [minLon, minLat, maxLon, maxLat]
    entries.push({ path: `/assets/${basename(path)}`, type: typeOf(path), body, tiles: { bounds, credit } })
  }
  return entries
}

function isStyle(path: string): boolean {
  return path.endsWith('.css')
}

function typeOf(path: string): string {
  const extension = path.startsWith('.') ? path : extname(path)
  const type = types[extension]
  if (!type) throw new Error(`no media type for ${path}`)
  return type
}

const favicon = Buffer.from(await Bun.file(join(project, 'web/track/favicon.svg')).arrayBuffer())
const entries = [
  ...(await buildPages()),
  ...(await tiles()),
  { path: '/favicon.svg', type: typeOf('.svg'), body: favicon },
  { path: '/favicon.ico', type: typeOf('.svg'), body: favicon },
]
await mkdir(join(packPath, '..'), { recursive: true })
const bytes = await writePack(packPath, entries)
for (const { path, body } of entries) console.log(`${String(body.length).padStart(9)}  ${path}`)
console.log(`${packPath}: ${bytes} bytes`)
