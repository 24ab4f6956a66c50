/** What the documents tell people to type works as it stands there. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { asyncApiDocument } from '../../src/http/asyncapi'
import { VERSION } from '../../src/version'
import { builtExecutable, type Serving, startExecutable } from '../support/executable'
import { tempFolder } from '../support/temp-folder'

const root = resolve(import.meta.dir, '../..')
const documents = ['README.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf-8') }))
const readme = documents[0]?.text ?? ''
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf-8')) as {
  version: string
  scripts: Record<string, string>
}

/** The commands of the README, block by block. */
const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block as string)

const folder = tempFolder()
let serving: Serving

beforeAll(async () => {
  const zlt = await builtExecutable()
  symlinkSync(zlt, join(folder.path, 'zlt'))
  serving = await startExecutable(zlt, { cwd: folder.path })
})

afterAll(async () => {
  await serving.stop()
  folder.remove()
})

/** Runs a block in the folder of the server, which listens on another port than the README's. */
async function run(block: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = block.replaceAll('http://localhost:8080', serving.url)
  const child = Bun.spawn(['bash', '-euo', 'pipefail', '-c', script], {
    cwd: folder.path,
    env: { ...process.env, PATH: `${folder.path}:${process.env.PATH}`, ZLT_URL: serving.url },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

describe('the README', () => {
  test('names the two commands that there are, and CI runs the second', () => {
    expect(readme).toContain('npm run demo')
    expect(readme).toContain('npm test')
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(['demo', 'test', 'build']))
    expect(readFileSync(join(root, '.ci/run'), 'utf-8')).toContain('npm test')
  })

  test('its first block builds the program and starts it', () => {
    // Both ran before these tests: this file's server is what they made.
    expect(blocks[0]).toBe('npm run build\n./dist/zlt serve\n')
    expect(manifest.scripts.build).toBe('node scripts/with-bun.mjs scripts/build.ts')
  })

  test('its walk ends with a link that shows the order', async () => {
    const { code, stdout, stderr } = await run(blocks[1] as string)
    if (code !== 0) throw new Error(stderr)
    expect(stdout).toContain('"accepted":1')
    const link = stdout.trim().split('\n').at(-1) as string
    const [, token] = link.split('#t=')
    const track = await fetch(`${serving.url}/orders/order123/track`, { headers: { authorization: `Bearer ${token}` } })
    expect(await track.json()).toMatchObject({ order: { status: 'assigned' }, position: { lat: 12.97, lng: 77.59 } })
  })

  test('its simulation reports no loss', async () => {
    const { code, stdout } = await run(blocks[2] as string)
    expect(code).toBe(0)
    expect(stdout).toMatch(/viewers without the last fix +0/)
  }, 60_000)

  test('has no command that nothing above runs', () => {
    expect(blocks).toHaveLength(3)
  })
})

describe('all documents', () => {
  test('link to files that exist', () => {
    const broken = documents.flatMap(({ name, text }) =>
      [...text.matchAll(/(?:\]\(|src=")(?!https?:|#)([^)#"]+)/g)]
        .map(([, target]) => target as string)
        .filter((target) => !existsSync(resolve(root, dirname(name), target)))
        .map((target) => `${name}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  test('name source files that exist', () => {
    const broken = documents.flatMap(({ name, text }) =>
      [...text.matchAll(/`((?:src|web|cli|tests|scripts|bench)\/[\w./-]+)`/g)]
        .map(([, path]) => path as string)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${name}: ${path}`),
    )
    expect(broken).toEqual([])
  })

  test('name metrics and settings that exist', async () => {
    const { METRICS } = await import('../../src/metrics')
    const { SETTING_LIST } = await import('../../src/config')
    const variables = SETTING_LIST.flatMap(({ variable, byFile }) => [variable, byFile?.variable ?? variable])
    const known = new Set<string>([...Object.keys(METRICS), ...variables])
    const unknown = documents.flatMap(({ text }) =>
      [...text.matchAll(/\b(zlt_[a-z_]+|ZLT_[A-Z_]+)\b/g)]
        .map(([name]) => name)
        .filter((name) => !known.has(name) && !name.startsWith('ZLT_SERVICE_')),
    )
    expect(unknown).toEqual([])
  })

  test('name the members of a view, as the API document has them', () => {
    const shape = z.object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()) })
    const { channels } = asyncApiDocument() as { channels: { socket: { messages: { view: { payload: unknown } } } } }
    const { properties } = shape.parse(channels.socket.messages.view.payload)
    const protocol = documents.find(({ name }) => name === 'docs/protocol.md')?.text ?? ''
    for (const part of ['order', 'position']) {
      const row = new RegExp(`^\\| \`${part}\` \\| (.*) \\|$`, 'm').exec(protocol)?.[1] ?? ''
      const named = [...row.matchAll(/`([a-z_]+\??)`/g)].map(([, member]) => member as string)
      const { properties: members, required } = shape.parse(properties[part])
      const expected = Object.keys(members).map((member) => (required.includes(member) ? member : `${member}?`))
      expect(named.sort()).toEqual(expected.sort())
    }
  })

  test('the version is one', () => {
    expect(manifest.version).toBe(VERSION)
  })
})
