/** Each node of compose.yaml with exactly the variables that it gets there: zlt knows them and finds them right. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runZlt } from '../cli/run-zlt.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { ROOT, readComposeFile } from './compose-file.ts'

const folder = tempFolder()
const { services } = readComposeFile()
const nodes = Object.entries(services).filter(([, { image }]) => image === 'zlt:local')

beforeAll(() => {
  cpSync(join(ROOT, 'deploy/make-secrets.sh'), folder.file('make-secrets.sh'))
  expect(Bun.spawnSync(['sh', folder.file('make-secrets.sh')]).exitCode).toBe(0)
})
afterAll(() => folder.remove())

/** What the image sets, then what compose.yaml does; secrets from where they are here. */
function variablesOf(name: string): Record<string, string> {
  const [, ofImage = ''] = /^ENV (.+)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? []
  const pairs = ofImage.split(' ').map((pair) => pair.split('=') as [string, string])
  const ofCompose = Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [key, String(value)])
  const all = Object.fromEntries([...pairs, ...ofCompose]) as Record<string, string>
  for (const [key, value] of Object.entries(all))
    all[key] = value.replace('/run/secrets/', `${folder.file('secrets')}/`)
  return all
}

test.each(nodes.map(([name]) => name))('%s', async (name) => {
  const env = variablesOf(name)
  expect(Object.keys(env).every((key) => key.startsWith('ZLT_'))).toBe(true)
  const { code, stderr } = await runZlt(['config', 'check'], { env })
  expect([code, stderr]).toEqual([0, 'the settings are right\n'])

  const printed = await runZlt(['config', 'print', '--json'], { env })
  const settings = JSON.parse(printed.stdout) as Record<string, { value: unknown; source: string }>
  const set = Object.entries(settings).filter(([, { source }]) => source.startsWith('variable'))
  expect(set).toHaveLength(Object.keys(env).length)
  // One broker keeps one copy.
  expect(settings.replication?.value).toBe(Number(services.kafka?.environment?.KAFKA_DEFAULT_REPLICATION_FACTOR))
  for (const secret of ['database_url', 'admin_password', 'postgres_password']) {
    expect(printed.stdout).not.toContain(readFileSync(folder.file(`secrets/${secret}`), 'utf8'))
  }
})

test('a variable that zlt does not know would be found', async () => {
  const { code, stderr } = await runZlt(['config', 'check'], { env: { ...variablesOf('auth'), ZLT_REDIS_URL: 'x' } })
  expect(code).toBe(1)
  expect(stderr).toContain('ZLT_REDIS_URL')
})
