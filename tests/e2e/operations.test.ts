/** What docs/operations.md tells people to type works as it stands there, with the compiled program. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { builtExecutable, type Serving, startExecutable } from '../support/executable'
import { makePostgresDatabase, type PostgresDatabase } from '../support/postgres-database'
import { tempFolder } from '../support/temp-folder'

setDefaultTimeout(60_000)

const text = readFileSync(resolve(import.meta.dir, '../../docs/operations.md'), 'utf-8')
const [backup, restore, grow, restart, ...others] = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) =>
  (block as string).trim(),
)

const folder = tempFolder()
const ADMIN_PASSWORD = 'a long password'
let zlt: string
let database: PostgresDatabase
let secrets: Record<string, string>

beforeAll(async () => {
  zlt = await builtExecutable()
  symlinkSync(zlt, folder.file('zlt'))
  database = await makePostgresDatabase()
  writeFileSync(folder.file('database'), `${database.url}\n`)
  secrets = { ZLT_DATABASE_FILE: folder.file('database') }
}, 120_000)
afterAll(async () => {
  await database?.remove()
  folder.remove()
})

async function run(block: string | undefined, env: Record<string, string> = {}): Promise<string> {
  const child = Bun.spawn(['bash', '-euo', 'pipefail', '-c', block ?? 'false'], {
    cwd: folder.path,
    env: { PATH: `${folder.path}:${process.env.PATH}`, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`${block} ended with ${code}: ${stderr}`)
  return stdout
}

/** Starts the server of a block that is one `zlt serve`, on a free port. */
function serve(block: string | undefined, env: Record<string, string> = {}): Promise<Serving> {
  const [program, command, ...args] = (block ?? '').split(/\s+/)
  expect([program, command]).toEqual(['zlt', 'serve'])
  return startExecutable(zlt, { cwd: folder.path, args, env })
}

async function statusOf(serving: Serving, order: string): Promise<unknown> {
  const login = await fetch(`${serving.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: ADMIN_PASSWORD }),
  })
  const { access_token: token } = (await login.json()) as { access_token: string }
  const answer = await fetch(`${serving.url}/orders/${order}`, { headers: { authorization: `Bearer ${token}` } })
  return ((await answer.json()) as { status?: unknown }).status
}

test('a backup of a running server, and a server on it', async () => {
  const env = { ZLT_ADMIN_PASSWORD: ADMIN_PASSWORD }
  const first = await startExecutable(zlt, { cwd: folder.path, args: ['--data', './zlt-data'], env })
  await run(`zlt order create --id o1 --drop 12.97,77.59 --url ${first.url}`)
  expect(await run(backup)).toMatch(/^log\.db +\d+$/m)
  expect(await first.stop()).toBe(0)
  const restored = await serve(restore)
  expect(await statusOf(restored, 'o1')).toBe('created')
  expect(await restored.stop()).toBe(0)
})

test('growing to Postgres, and a server on that with the old keys', async () => {
  expect(await run(grow, secrets)).toMatch(/^orders +1 +[0-9a-f]{16}$/m)
  const grown = await serve(restart, secrets)
  expect(await statusOf(grown, 'o1')).toBe('created')
  expect(await grown.stop()).toBe(0)
})

test('no other block is left that nothing runs', () => {
  expect(others).toEqual([])
})
