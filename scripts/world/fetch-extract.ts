import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

const fileName = 'liechtenstein-2013-08-03.osm.pbf'

/** Where `keptExtract` keeps it: git passes over this folder. */
const cacheFolder = join(import.meta.dir, '../../.cache')

/**
 * The extract, fetched the first time and kept in the project's `.cache` folder.
 *
 * @returns its path
 * @throws Error where `fetchExtract` does
 */
export async function keptExtract(): Promise<string> {
  const path = join(cacheFolder, fileName)
  if (await Bun.file(path).exists()) return path
  await mkdir(cacheFolder, { recursive: true })
  const folder = await mkdtemp(join(cacheFolder, 'fetch-'))
  try {
    // Whoever else fetches it at the same time renames the same file to the same place.
    await rename(await fetchExtract(folder), path)
    return path
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Fetches OpenStreetMap's Liechtenstein of 2013-08-03, which Debian ships among the tests of osm2pgsql's source.
 *
 * Asks the mirror this machine already uses, with package lists of its own inside `folder`, so it needs neither root nor a
 * `deb-src` line in the system's sources. apt checks the archive's signature and the file's hash.
 *
 * @returns the path of the extract, inside `folder`
 * @throws Error where this is no Debian, or the mirror has no such source
 */
export async function fetchExtract(folder: string): Promise<string> {
  const apt = await aptOptions(folder)
  await runCommand(['apt-get', ...apt, 'update'], { cwd: folder })
  await runCommand(['apt-get', ...apt, 'source', '--download-only', 'osm2pgsql'], { cwd: folder })
  const archive = (await readdir(folder)).find((name) => /^osm2pgsql_.*\.orig\.tar\.\w+$/.test(name))
  if (archive === undefined) throw new Error(`apt-get left no source archive of osm2pgsql in ${folder}`)
  const pattern = `*/tests/data/${fileName}`
  await runCommand(['tar', 'xf', archive, '--wildcards', '--strip-components=3', pattern], { cwd: folder })
  return join(folder, fileName)
}

async function aptOptions(folder: string): Promise<string[]> {
  const release = (
    await runCommand(['sh', '-c', '. /etc/os-release && echo $VERSION_CODENAME'], { cwd: folder })
  ).trim()
  await Promise.all(['state/lists/partial', 'cache'].map((part) => mkdir(join(folder, part), { recursive: true })))
  const mirror = (await findMirror(folder, release, [])) ?? (await updateAndFindMirror(folder, release))
  if (mirror === undefined) throw new Error(`apt knows no mirror of Debian ${release}: look into its sources`)
  const sources = join(folder, 'sources.list')
  await Bun.write(sources, `deb-src ${mirror} ${release} main\n`)
  return [
    ['Dir::Etc::SourceList', sources],
    ['Dir::Etc::SourceParts', '/dev/null'],
    ['Dir::State::Lists', join(folder, 'state/lists')],
    ['Dir::Cache', join(folder, 'cache')],
    ['APT::Sandbox::User', ''],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** The mirror that the machine's package lists came from. */
async function findMirror(folder: string, release: string, options: readonly string[]): Promise<string | undefined> {
  const filters = ['Created-By: Packages', `Codename: ${release}`, 'Component: main']
  const command = ['apt-get', ...options, 'indextargets', '--format', '$(REPO_URI)', ...filters]
  return (await runCommand(command, { cwd: folder })).split('\n').find((line) => line !== '')
}

/** Images for containers are made without package lists: then they are fetched, into the folder. */
async function updateAndFindMirror(folder: string, release: string): Promise<string | undefined> {
  const parts = { 'Dir::State::Lists': 'state/lists', 'Dir::Cache': 'cache' }
  const options = Object.entries(parts).flatMap(([key, part]) => ['-o', `${key}=${join(folder, part)}`])
  await runCommand(['apt-get', ...options, '-o', 'APT::Sandbox::User=', 'update'], { cwd: folder })
  return findMirror(folder, release, options)
}
