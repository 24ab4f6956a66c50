import { afterAll, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyFolder, runZlt } from './run-zlt'

const folder = emptyFolder()
afterAll(folder.remove)

test('print tells each value with its source, and masks what is secret', async () => {
  const file = join(folder.path, 'some.json')
  writeFileSync(file, '{"database": "postgres://u:hush@db/zlt", "allowedOrigins": ["https://a.example"]}')
  const env = { ZLT_ADMIN_PASSWORD: 'hush', ZLT_LOG_LEVEL: 'warn' }
  const args = ['config', 'print', '--port', '0', '--config', file]
  const table = await runZlt(args, { env })
  expect(table.code).toBe(0)
  expect(table.stdout).toMatch(/^port +0 +flag +ZLT_PORT$/m)
  expect(table.stdout).toMatch(/^logLevel +warn +variable +ZLT_LOG_LEVEL$/m)
  expect(table.stdout).toMatch(/^host +127\.0\.0\.1 +default +ZLT_HOST$/m)
  expect(table.stdout).toMatch(/^adminPassword +\*\*\* +variable/m)
  const json = JSON.parse((await runZlt([...args, '--json'], { env })).stdout)
  expect(json.port).toEqual({ value: 0, source: 'flag' })
  expect(json.allowedOrigins).toEqual({ value: ['https://a.example'], source: 'file' })
  expect(json.database).toEqual({ value: 'postgres://u:***@db/zlt', source: 'file' })
  expect(json.adminPassword).toEqual({ value: '***', source: 'variable' })
  expect(json.publicUrl).toEqual({ value: null, source: 'default' })
  expect(JSON.stringify(json) + table.stdout).not.toContain('hush')
})

test('check tells all that is wrong, and exits 1', async () => {
  writeFileSync(join(folder.path, 'zlt.json'), '{"prot": 1, "role": "every"}')
  const wrong = await runZlt(['config', 'check'], { cwd: folder.path, env: { ZLT_PART: '1' } })
  expect(wrong.code).toBe(1)
  expect(wrong.stdout).toBe('')
  expect(wrong.stderr).toContain('3 settings are wrong')
  expect(wrong.stderr).toContain('zlt.json: prot is not a setting; did you mean port?')
  const json = await runZlt(['config', 'check', '--json'], { cwd: folder.path })
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: { length: 2 } })
})

test('check of a right file says so, and exits 0', async () => {
  const file = join(folder.path, 'right.json')
  writeFileSync(file, '{"port": 9000}')
  const { code, stderr } = await runZlt(['config', 'check', file])
  expect([code, stderr]).toEqual([0, 'the settings are right\n'])
  expect((await runZlt(['config', 'check', join(folder.path, 'absent.json')])).code).toBe(1)
})

test('print names the file that a secret came from, and never what is in it', async () => {
  const secret = join(folder.path, 'secret')
  writeFileSync(secret, 'hush\n')
  const env = {
    ZLT_REDIS_PASSWORD_FILE: secret,
    ZLT_REDIS: 'redis://r',
    ZLT_BROKERS: 'k:9092',
    ZLT_DATABASE: 'postgres://d/z',
  }
  const { code, stdout, stderr } = await runZlt(['config', 'print', '--json'], { env })
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout).redisPassword).toEqual({ value: '***', source: 'variable ZLT_REDIS_PASSWORD_FILE' })
  expect(stdout).not.toContain('hush')
  const absent = await runZlt(['config', 'check'], { env: { ZLT_TOKEN_FILE: join(folder.path, 'absent') } })
  expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining('ZLT_TOKEN_FILE is')])
})
