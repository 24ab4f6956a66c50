import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

const fileName = 'liechtenstein-2013-08-03.osm.pbf'

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
  const filters = ['Created-By: Packages', `Codename: ${release}`, 'Component: main']
  const listed = await runCommand(['apt-get', 'indextargets', '--format', '$(REPO_URI)', ...filters], { cwd: folder })
  const mirror = listed.split('\n')[0]
  if (!mirror) throw new Error(`apt knows no mirror of Debian ${release}: run apt-get update first`)
  await Promise.all(['state/lists/partial', 'cache'].map((part) => mkdir(join(folder, part), { recursive: true })))
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
