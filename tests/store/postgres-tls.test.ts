import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chownSync } from 'node:fs'
import { runCommand } from '../../scripts/world/run-command.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { type PostgresService, startPostgres } from '../services/postgres.ts'
import { type Certificates, makeCertificates } from '../support/certificates.ts'

let certificates: Certificates
let postgres: PostgresService
let url: string

beforeAll(async () => {
  certificates = await makeCertificates()
  const { certFile, keyFile } = certificates
  // Postgres reads a key that is its own alone.
  if (process.getuid?.() === 0) chownSync(keyFile, Number(await runCommand(['id', '-u', 'postgres'], { cwd: '/' })), 0)
  postgres = await startPostgres({ config: { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile } })
  url = postgres.url.replace('127.0.0.1', 'localhost')
}, 60_000)
afterAll(async () => {
  await postgres?.stop()
  certificates?.remove()
})

/** Whether the connection is encrypted, or why there is none. */
async function connect(where: string, caFile?: string): Promise<boolean | string> {
  try {
    const database = await openDatabase(where, { caFile })
    const isEncrypted = await database.read(
      async (tx) => (await tx`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`)[0].ssl as boolean,
    )
    await database.close()
    return isEncrypted
  } catch (error) {
    return (error as Error).message
  }
}

test('without a word about it, nothing is encrypted; sslmode=require encrypts', async () => {
  expect(await connect(url)).toBe(false)
  expect(await connect(`${url}?sslmode=require`)).toBe(true)
})

test('verify-full refuses a certificate that nobody known has signed, and names the setting', async () => {
  expect(await connect(`${url}?sslmode=verify-full`)).toMatch(
    /^no TLS with the database at localhost:\d+ \(ZLT_DATABASE\): .*database-ca/,
  )
})

test('the authority’s file makes TLS required and checked', async () => {
  const { caFile, otherCaFile } = certificates
  expect(await connect(url, caFile)).toBe(true)
  expect(await connect(`${url}?sslmode=verify-full`, caFile)).toBe(true)
  expect(await connect(url, otherCaFile)).toContain('no TLS with the database')
})

test('a certificate of another name is refused', async () => {
  expect(await connect(postgres.url, certificates.caFile)).toMatch(/no TLS with .* does not match certificate/)
})

test('an authority’s file that is missing is named', async () => {
  expect(await connect(url, '/nowhere/ca.pem')).toContain('/nowhere/ca.pem')
})
