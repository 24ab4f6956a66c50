/** The image: built from what the build needs, with the pinned Bun, and run by nobody special; and its secrets. */

import { expect, test } from 'bun:test'
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '../support/temp-folder.ts'
import { ROOT, readComposeFile } from './compose-file.ts'

const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const instruction = (name: string) =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].map(([, rest]) => rest as string)

test('it is built with the Bun that the project pins, on images of an exact version', () => {
  const [build, run] = instruction('FROM')
  expect(build).toBe(`oven/${String(manifest.packageManager).replace('@', ':')} AS build`)
  expect(run).toMatch(/^debian:[a-z]+-\d{8}-slim$/)
})

test('it runs as somebody without rights, keeps its data in a volume and drains on SIGTERM', () => {
  expect(instruction('USER')).toEqual(['10001:10001'])
  expect(instruction('VOLUME')).toEqual(['/data'])
  expect(instruction('STOPSIGNAL')).toEqual(['SIGTERM'])
  expect(instruction('ENV').join(' ')).toContain('ZLT_DATA=/data')
})

test('the build gets what it reads and nothing that is secret', () => {
  const passed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  expect(passed).toEqual(expect.arrayContaining(['package.json', 'bun.lock', 'cli', 'scripts', 'src', 'web']))
  for (const patch of Object.values((manifest.patchedDependencies ?? {}) as Record<string, string>)) {
    expect(passed).toContain(patch.split('/')[0] as string)
  }
  for (const kept of ['deploy', 'dist', 'zlt-data', 'node_modules', '.git']) expect(passed).not.toContain(kept)
})

test('the secrets are made once, for each that compose.yaml names, and hidden from git', () => {
  const folder = tempFolder()
  cpSync(join(ROOT, 'deploy/make-secrets.sh'), folder.file('make-secrets.sh'))
  const make = () => Bun.spawnSync(['sh', folder.file('make-secrets.sh')], { cwd: '/' })
  try {
    expect(make().exitCode).toBe(0)
    const names = Object.values(readComposeFile().secrets).map(({ file }) => file.replace('deploy/secrets/', ''))
    expect(readdirSync(folder.file('secrets')).sort()).toEqual(names.sort())
    const read = () =>
      Object.fromEntries(names.map((name) => [name, readFileSync(folder.file(`secrets/${name}`), 'utf8')]))
    const first = read()
    expect(first.postgres_password).toMatch(/^[0-9a-f]{48}$/)
    expect(first.admin_password).not.toBe(first.postgres_password as string)
    expect(first.database_url).toBe(`postgres://zlt:${first.postgres_password}@postgres:5432/zlt`)
    expect(statSync(folder.file('secrets')).mode & 0o777).toBe(0o700)
    // A container's user is another one than its owner.
    for (const name of names) expect(statSync(folder.file(`secrets/${name}`)).mode & 0o777).toBe(0o644)

    const again = make()
    expect([again.exitCode, again.stdout.toString()]).toEqual([0, ''])
    expect(read()).toEqual(first)
  } finally {
    folder.remove()
  }
  expect(readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n')).toContain('deploy/secrets/')
})

test('what compose.yaml mounts from the project is there', () => {
  const mounts = Object.values(readComposeFile().services).flatMap(({ volumes = [] }) => volumes)
  const paths = mounts.filter((mount) => mount.startsWith('./')).map((mount) => mount.split(':')[0] as string)
  expect(paths.length).toBeGreaterThan(0)
  for (const path of paths) expect(existsSync(join(ROOT, path))).toBe(true)
})
