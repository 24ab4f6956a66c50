import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { openSigningKeys, type SigningKeys } from '../../src/auth/signing-keys'
import { createVerifier, type VerifyToken } from '../../src/http/authenticate'
import { emptyFolder, runZlt } from './run-zlt'

const folder = emptyFolder()
afterAll(folder.remove)

let keys: SigningKeys
let verify: VerifyToken
beforeAll(async () => {
  keys = await openSigningKeys(join(folder.path, 'keys.json'), { create: true })
  verify = createVerifier(keys, 'zlt')
})

const zltToken = (args: string[], stdin = '') => runZlt(['token', '--data', folder.path, ...args], { stdin })
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

describe('one token', () => {
  test('is what the server accepts', async () => {
    const { code, stdout, stderr } = await zltToken(['--role', 'DELIVERY_PARTNER', '--sub', 'dp1'])
    expect([code, stderr]).toEqual([0, ''])
    const claims = await verify(stdout.trimEnd())
    expect(claims).toMatchObject({ sub: 'dp1', role: 'DELIVERY_PARTNER' })
    expect(Math.abs(claims.exp - inSeconds(900))).toBeLessThan(30)
    expect(claims.orders).toBeUndefined()
  })

  test('names orders and lives as long as asked', async () => {
    const { stdout } = await zltToken([
      '--role',
      'CUSTOMER',
      '--sub',
      'c1',
      '--order',
      'o1',
      '--order',
      'o2',
      '--ttl',
      '2h',
    ])
    const claims = await verify(stdout.trimEnd())
    expect(claims.orders).toEqual(['o1', 'o2'])
    expect(Math.abs(claims.exp - inSeconds(7_200))).toBeLessThan(30)
  })

  test.each([
    [['--sub', 'c1'], 'say --role and --sub'],
    [['--role', 'BOSS', '--sub', 'c1'], 'Allowed choices are ADMIN'],
    [['--role', 'CUSTOMER', '--sub', 'c 1'], '1–64'],
    [['--role', 'CUSTOMER', '--sub', 'c1', '--ttl', '25h'], 'from 1s to 1d'],
    [['--role', 'CUSTOMER', '--sub', 'c1', '--ttl', '0'], 'from 1s to 1d'],
  ])('wrong usage exits 2: %j', async (args, words) => {
    const { code, stdout, stderr } = await zltToken(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(words)
  })

  test('is refused with Postgres, and where there is no key', async () => {
    const args = ['token', '--role', 'ADMIN', '--sub', 'a']
    const postgres = await runZlt([...args, '--data', folder.path], { env: { ZLT_DATABASE: 'postgres://db/zlt' } })
    expect(postgres.code).toBe(1)
    expect(postgres.stderr).toContain('since the database is Postgres')
    const nowhere = await runZlt(args)
    expect(nowhere.code).toBe(3)
    expect(nowhere.stderr).toContain('start zlt serve there once')
  })
})

describe('a batch', () => {
  test('gives a token a line, in the lines’ sequence', async () => {
    const lines = Array.from({ length: 600 }, (_, at) =>
      JSON.stringify({ role: 'CUSTOMER', sub: `c${at}`, orders: [`o${at}`] }),
    )
    lines.push(
      '',
      '{"role":"DELIVERY_PARTNER","sub":"dp1","ttl":"1h"}',
      '{"role":"DELIVERY_PARTNER","sub":"dp2","ttl":60}',
    )
    const { code, stdout } = await zltToken(['--batch'], lines.join('\n'))
    expect(code).toBe(0)
    const claims = await Promise.all(stdout.trimEnd().split('\n').map(verify))
    expect(claims.map(({ sub }) => sub)).toEqual([...Array.from({ length: 600 }, (_, at) => `c${at}`), 'dp1', 'dp2'])
    expect(claims[599]?.orders).toEqual(['o599'])
    expect(Math.abs((claims[600]?.exp ?? 0) - inSeconds(3_600))).toBeLessThan(30)
    expect(Math.abs((claims[601]?.exp ?? 0) - inSeconds(60))).toBeLessThan(30)
  })

  test('with errors makes none and names each line', async () => {
    const lines = [
      '{"role":"ADMIN","sub":"a"}',
      '{',
      '{"role":"ADMIN"}',
      '{"role":"ADMIN","sub":"a","order":"o1"}',
      '[]',
    ]
    const { code, stdout, stderr } = await zltToken(['--batch'], lines.join('\n'))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.split('\n').slice(1, -1)).toEqual([
      '  line 2: is not valid JSON',
      '  line 3: sub is 1–64 of A-Za-z0-9._:-',
      '  line 4: unknown member order; there are role, sub, orders, ttl',
      '  line 5: write {"role", "sub", …}',
    ])
  })
})

test('a batch says of whom in its lines, not in flags', async () => {
  const { code, stdout, stderr } = await zltToken(['--batch', '--role', 'ADMIN'])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain("'--batch' cannot be used with option '--role")
})
