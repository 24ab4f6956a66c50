import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configOf, SETTING_LIST } from '../src/config'
import { loadSettings as load, problemsOf } from './support/load-settings'

const folder = mkdtempSync(join(tmpdir(), 'zlt-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function fileWith(content: unknown): string {
  files += 1
  const path = join(folder, `${files}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('sources', () => {
  test('without any, the defaults hold', () => {
    const { config, sources } = load({})
    expect(config).toMatchObject({ role: 'all', host: '127.0.0.1', port: 8080, data: './zlt-data', issuer: 'zlt' })
    expect(config).toMatchObject({ tokenTtlMs: 900_000, bodyLimitBytes: 262_144, heartbeatMs: 10_000, brokers: [] })
    expect(config.publicUrl).toBeUndefined()
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']))
  })

  test('a flag wins over a variable, a variable over the file, the file over the default', () => {
    const file = fileWith({ port: 1, host: 'file', issuer: 'file' })
    const { config, sources } = load({ flags: { port: '3' }, env: { ZLT_PORT: '2', ZLT_HOST: 'variable' }, file })
    expect(config).toMatchObject({ port: 3, host: 'variable', issuer: 'file', role: 'all' })
    expect(sources).toMatchObject({ port: 'flag', host: 'variable', issuer: 'file', role: 'default' })
  })

  test('an empty variable counts as absent, an empty flag does not', () => {
    expect(load({ env: { ZLT_HOST: '' } }).sources.host).toBe('default')
    expect(problemsOf({ flags: { host: '' } })).toEqual(['--host is "": write a host'])
  })

  test('every setting can be given by its variable and by the file, in the form it is printed in', () => {
    const given: Record<string, string> = {}
    for (const setting of SETTING_LIST) {
      if (setting.default !== undefined) given[setting.key] = setting.kind.format(setting.default)
    }
    const variables = SETTING_LIST.map(({ key, variable }) => [variable, given[key]] as const)
    const byVariable = load({ env: Object.fromEntries(variables) }).config
    const byFile = load({ file: fileWith(given) }).config
    expect(byVariable).toEqual(load({}).config)
    expect(byFile).toEqual(load({}).config)
  })

  test('configOf gives the defaults with some values set', () => {
    expect(configOf({ port: 0 })).toEqual(load({ flags: { port: 0 } }).config)
  })
})

describe('unknown names', () => {
  test('in the file', () => {
    const file = fileWith({ prot: 1 })
    expect(problemsOf({ file })).toEqual([`${file}: prot is not a setting; did you mean port?`])
  })

  test('among the variables that begin with ZLT_', () => {
    expect(problemsOf({ env: { ZLT_BROKER: 'k:1', ZLT_XXXXXXXXXXXX: '', PORT: '1' } })).toEqual([
      'ZLT_BROKER is not a setting; did you mean ZLT_BROKERS?',
      'ZLT_XXXXXXXXXXXX is not a setting; see zlt config print for all',
    ])
  })

  test('what Kubernetes adds for a Service called zlt is passed over', () => {
    const env = {
      ZLT_SERVICE_HOST: '10.0.0.1',
      ZLT_SERVICE_PORT: '8080',
      ZLT_SERVICE_PORT_HTTP: '8080',
      ZLT_PORT: 'tcp://10.0.0.1:8080',
      ZLT_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      ZLT_PORT_8080_TCP_ADDR: '10.0.0.1',
      ZLT_FANOUT_PORT: 'tcp://10.0.0.2:8080',
    }
    expect(load({ env }).config.port).toBe(8080)
  })
})

describe('the file', () => {
  test('one that was named must exist and hold an object', () => {
    expect(problemsOf({ file: join(folder, 'absent.json') })[0]).toContain('does not exist; name an existing file')
    expect(problemsOf({ file: fileWith('{"port": 1,}') })[0]).toContain('is not valid JSON')
    expect(problemsOf({ file: fileWith([]) })[0]).toContain('must hold one JSON object')
  })

  test('holds lists as arrays and numbers as numbers', () => {
    const file = fileWith({ port: 9, allowedOrigins: ['https://a.example'], metricsPublic: true })
    const { config } = load({ file })
    expect(config).toMatchObject({ port: 9, allowedOrigins: ['https://a.example'], metricsPublic: true })
  })
})

describe('values', () => {
  const good: [string, string, unknown][] = [
    ['tokenTtl', '15m', 900_000],
    ['tokenTtl', '60s', 60_000],
    ['fixInterval', '250ms', 250],
    ['fixInterval', '1.5s', 1_500],
    ['bodyLimit', '1MiB', 1_048_576],
    ['allowedOrigins', 'https://a.example, http://b.example:81', ['https://a.example', 'http://b.example:81']],
    ['trustedProxies', '10.0.0.0/8,::1', ['10.0.0.0/8', '::1']],
    ['publicUrl', 'https://track.example/', 'https://track.example'],
    ['database', 'postgres://u:p@db/zlt', 'postgres://u:p@db/zlt'],
  ]
  test.each(good)('%s takes %s', (key, raw, value) => {
    const setting = SETTING_LIST.find((one) => one.key === key)
    expect(setting && load({ flags: { [key]: raw } }).config[setting.name]).toEqual(value as string)
  })

  const bad: [string, string, string][] = [
    ['port', '65536', '--port is "65536": write a whole number from 0 to 65535'],
    ['port', '1e3', '--port is "1e3": write a whole number from 0 to 65535'],
    ['role', 'every', '--role is "every": write one of all, auth, ingest, fanout'],
    ['tokenTtl', '900', '--token-ttl is "900": write a time with its unit (ms, s, m, h, d), e.g. 250ms, 60s, 15m'],
    ['tokenTtl', '9s', '--token-ttl is "9s": write a time with its unit (ms, s, m, h, d) from 10s to 1d'],
    ['bodyLimit', '1kb', '--body-limit is "1kb": write a size with its unit (B, KiB, MiB, GiB), e.g. 4KiB, 1MiB'],
    ['publicUrl', 'track.example', '--public-url is "track.example": write a URL, https://… or http://…'],
    ['metricsPublic', 'yes', '--metrics-public is "yes": write true or false'],
    [
      'database',
      'mysql://db',
      '--database is "mysql://db": write postgres://user:password@host/database, or sqlite:PATH',
    ],
  ]
  test.each(bad)('%s refuses %s and says what to write', (key, raw, problem) => {
    expect(problemsOf({ flags: { [key]: raw } })).toEqual([problem])
  })

  test.each([
    ['allowedOrigins', 'https://a.example/'],
    ['allowedOrigins', '*'],
    ['trustedProxies', '10.0.0.0/33'],
    ['trustedProxies', 'proxy.example'],
    ['brokers', 'kafka1'],
    ['brokers', 'kafka1:0'],
  ])('one bad item of %s is named: %s', (key, raw) => {
    expect(problemsOf({ flags: { [key]: raw } })[0]).toContain(`not ${JSON.stringify(raw)}`)
  })

  test.each(['boat=http://b', 'http://b', 'bicycle=b'])('a vehicle’s engine is refused: %s', (raw) => {
    expect(problemsOf({ flags: { routesVehicleUrls: raw } })).toHaveLength(1)
  })

  test('all problems are told at once', () => {
    expect(problemsOf({ flags: { port: 'x' }, env: { ZLT_ROLE: 'x', ZLT_X: '1' } })).toHaveLength(3)
  })

  test('the value of a secret is not repeated, nor a password inside of a URL', () => {
    expect(problemsOf({ flags: { database: 'mysql://u:hush@db' } })[0]).toStartWith('--database is "mysql://u:***@db"')
    expect(problemsOf({ file: fileWith({ adminPassword: ['hush'] }) })[0]).not.toContain('hush')
  })
})
