import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SETTING_LIST } from '../src/config'
import { ConfigError, type ConfigInput, loadConfig } from '../src/load-config'

const folder = mkdtempSync(join(tmpdir(), 'zlt-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function fileOf(content: string): string {
  files += 1
  const path = join(folder, String(files))
  writeFileSync(path, content)
  return path
}

function load(input: ConfigInput) {
  return loadConfig({ env: {}, file: null, ...input })
}

function problemsOf(input: ConfigInput): string {
  try {
    load(input)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
  return ''
}

describe('a value in a file of its own', () => {
  test.each([
    ['hush', 'hush'],
    ['hush\n', 'hush'],
    ['hush\r\n', 'hush'],
    ['two\nlines\n\n', 'two\nlines\n'],
    [' blanks stay \n', ' blanks stay '],
  ])('%p is %p', (content, value) => {
    const { config, sources } = load({ env: { ZLT_ADMIN_PASSWORD_FILE: fileOf(content) } })
    expect(config.adminPassword).toBe(value)
    expect(sources.adminPassword).toBe('variable ZLT_ADMIN_PASSWORD_FILE')
  })

  test('is there for every secret, and for URLs that can hold a password', () => {
    const names = SETTING_LIST.filter(({ byFile }) => byFile !== undefined).map(({ key }) => key)
    expect(names).toEqual(expect.arrayContaining(['database', 'redis', 'kafkaPassword', 'redisPassword', 'token']))
    for (const { secret, byFile } of SETTING_LIST) if (secret) expect(byFile).toBeDefined()
    const env = { ZLT_DATABASE_FILE: fileOf('postgres://u:hush@db/zlt\n') }
    expect(load({ env }).config.database).toBe('postgres://u:hush@db/zlt')
  })

  test('can be named by the file of settings', () => {
    const file = fileOf(JSON.stringify({ databaseFile: fileOf('postgres://u:hush@db/zlt') }))
    const { config, sources } = load({ file })
    expect(config.database).toBe('postgres://u:hush@db/zlt')
    expect(sources.database).toBe('file databaseFile')
  })

  test('a flag wins over it; it wins over the file of settings', () => {
    const env = { ZLT_DATABASE_FILE: fileOf('sqlite:variable.db') }
    const file = fileOf('{"database": "sqlite:file.db"}')
    expect(load({ flags: { database: 'sqlite:flag.db' }, env, file }).config.database).toBe('sqlite:flag.db')
    expect(load({ env, file }).config.database).toBe('sqlite:variable.db')
  })

  test('an empty variable counts as absent', () => {
    expect(load({ env: { ZLT_ADMIN_PASSWORD_FILE: '' } }).sources.adminPassword).toBe('default')
  })
})

describe('refused', () => {
  test('the value and its file both', () => {
    const path = fileOf('hush')
    expect(problemsOf({ env: { ZLT_TOKEN: 'a', ZLT_TOKEN_FILE: path } })).toBe(
      'ZLT_TOKEN and ZLT_TOKEN_FILE are both set: leave one of them out',
    )
    const file = fileOf(JSON.stringify({ token: 'a', tokenFile: path }))
    expect(problemsOf({ file })).toBe(`${file}: token and tokenFile are both set: leave one of them out`)
  })

  test.each([
    ['absent', () => join(folder, 'absent'), 'ENOENT'],
    ['a folder', () => folder, 'EISDIR'],
    ['empty', () => fileOf('\n'), 'which is empty'],
    ['far too long', () => fileOf('x'.repeat(100_000)), 'more than 65536'],
  ])('a file that is %s; it is named', (_, make, words) => {
    const path = make()
    const problems = problemsOf({ env: { ZLT_KAFKA_PASSWORD_FILE: path } })
    expect(problems).toStartWith(`ZLT_KAFKA_PASSWORD_FILE is ${JSON.stringify(path)}`)
    expect(problems).toContain(words)
  })

  test('a bad value, without repeating it', () => {
    const problems = problemsOf({ env: { ZLT_DATABASE_FILE: fileOf('mysql://u:hush@db') } })
    expect(problems).toStartWith('ZLT_DATABASE_FILE: write postgres://')
    expect(problems).not.toContain('hush')
  })

  test('a file for what is no secret', () => {
    expect(problemsOf({ env: { ZLT_PORT_FILE: fileOf('80') } })).toContain('ZLT_PORT_FILE is not a setting')
    expect(problemsOf({ file: fileOf('{"portFile": "x"}') })).toContain('portFile is not a setting')
  })

  test('a password with a slash in it, which makes the URL none, is not repeated either', () => {
    const problems = problemsOf({ flags: { database: 'postgres://u:hu/sh@db/zlt' } })
    expect(problems).toContain('postgres://u:***@db/zlt')
    expect(problems).not.toContain('hu/sh')
  })
})
