import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SQL } from 'bun'
import { takeDataFolder } from '../../src/adapters/embedded/data-folder'
import { makePostgresDatabase, type PostgresDatabase } from '../support/postgres-database'
import { ADMIN_PASSWORD, startTestServer, type TestServer } from '../support/server'
import { emptyFolder, runZlt } from './run-zlt'

// The first of a run waits for Postgres to start.
setDefaultTimeout(60_000)

const home = emptyFolder()
const data = join(home.path, 'old')
let database: PostgresDatabase
let token: string
let oldEpoch: number

beforeAll(async () => {
  database = await makePostgresDatabase()
  const old = await startTestServer({ data })
  for (let i = 0; i < 30; i++)
    await old.order(`o${i}`, { customer: 'c1', partner: 'dp1', drop: { lat: 12.97, lng: 77.59, name: 'Zoë’s 🏠' } })
  await old.move('o1', 'picked_up')
  await old.move('o1', 'delivered')
  await old.call('DELETE', '/orders/o2', { token: await old.token('ADMIN', 'admin') })
  await old.call('POST', '/users', {
    token: await old.token('ADMIN', 'admin'),
    body: { username: 'Ünal', password: 'a long password', role: 'CUSTOMER' },
  })
  await old.call('POST', '/orders', {
    token: await old.token('INTERNAL_SERVICE', 'backend'),
    body: { id: 'once' },
    headers: { 'idempotency-key': 'k1' },
  })
  await old.post('dp1', { order_id: 'o0', lat: 12.97, lng: 77.59 })
  token = await old.token('CUSTOMER', 'c1', { ttlS: 3600 })
  oldEpoch = (await old.call('GET', '/orders/o0/track', { token })).body.epoch
  await old.close()
})
afterAll(async () => {
  await database.remove()
  home.remove()
})

const zltGrow = (url: string, ...args: string[]) =>
  runZlt(['grow', '--data', data, ...args], { env: { ZLT_DATABASE: url } })

async function countOf(url: string, table: string): Promise<number> {
  const sql = new SQL(url, { max: 1 })
  const [{ n }] = await sql.unsafe(`SELECT COUNT(*) AS n FROM ${table}`)
  await sql.close()
  return Number(n)
}

describe('refused, and nothing is copied', () => {
  test('without a Postgres: 2; without a folder, or when the database cannot be reached: 3', async () => {
    expect((await runZlt(['grow', '--data', data])).code).toBe(2)
    expect((await runZlt(['grow', '--data', 'nowhere', '--database', database.url])).code).toBe(3)
    const { code, stderr } = await zltGrow('postgres://u:hush@127.0.0.1:1/zlt')
    expect([code, stderr]).toEqual([3, expect.stringContaining('cannot reach the database at 127.0.0.1:1')])
    expect(stderr).not.toContain('hush')
  })

  test('while a server has the folder', async () => {
    const lock = takeDataFolder(data)
    const { code, stderr } = await zltGrow(database.url)
    lock.release()
    expect([code, stderr]).toEqual([1, expect.stringContaining('is in use by another zlt')])
  })

  test('into a database that an auth node has used', async () => {
    const used = await makePostgresDatabase()
    await (await startTestServer({ database: used.url })).close()
    const { code, stderr } = await zltGrow(used.url)
    expect([code, stderr]).toEqual([1, expect.stringContaining('name an empty database')])
    expect(await countOf(used.url, 'orders')).toBe(0)
    await used.remove()
  })

  test('when Postgres would not hold the same: one row in the middle is refused', async () => {
    const strict = await makePostgresDatabase()
    await (await startTestServer({ database: strict.url })).close()
    const sql = new SQL(strict.url, { max: 1 })
    await sql`DELETE FROM users`
    await sql`CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.status = ''created''; RETURN NEW; END'`
    await sql`CREATE TRIGGER other BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION other()`
    await sql.close()
    const { code, stderr } = await zltGrow(strict.url)
    expect([code, stderr]).toEqual([1, expect.stringContaining('has other rows in orders')])
    expect(await countOf(strict.url, 'users')).toBe(0)
    await strict.remove()
  })
})

describe('grown', () => {
  let grown: TestServer
  afterAll(() => grown?.close())

  test('tells what was copied, and where the keys are to be put', async () => {
    const { code, stdout, stderr } = await zltGrow(database.url, '--json')
    expect([code, stderr]).toEqual([0, expect.stringContaining('copying orders, 31 rows')])
    const { signing_keys: keys, tables, database: shown } = JSON.parse(stdout)
    expect(shown).toBe(database.url)
    expect(keys).toBe(join(data, 'keys.json'))
    const rows = Object.fromEntries(tables.map(({ table, rows }: { table: string; rows: number }) => [table, rows]))
    expect(rows).toMatchObject({ users: 2, orders: 31, idempotency_keys: 1 })
    for (const { checksum } of tables) expect(checksum).toMatch(/^[0-9a-f]{16}$/)
  })

  test('twice is refused', async () => {
    const { code, stdout } = await zltGrow(database.url)
    expect([code, stdout]).toEqual([1, ''])
    expect(await countOf(database.url, 'orders')).toBe(31)
  })

  test('an auth node on it has the same accounts and orders; passwords and tokens stay good', async () => {
    mkdirSync(join(home.path, 'shared'), { mode: 0o700 })
    const signingKeys = join(home.path, 'shared', 'keys.json')
    copyFileSync(join(data, 'keys.json'), signingKeys)
    grown = await startTestServer({ database: database.url, signingKeys })
    const admin = await grown.token('ADMIN', 'admin')
    for (const [username, password] of [
      ['admin', ADMIN_PASSWORD],
      ['ünal', 'a long password'],
    ]) {
      expect((await grown.call('POST', '/auth/login', { body: { username, password } })).status).toBe(200)
    }
    const { body: orders } = await grown.call('GET', '/orders?limit=100', { token: admin })
    expect(orders.items).toHaveLength(30)
    const { body: order } = await grown.call('GET', '/orders/o1', { token: admin })
    expect(order).toMatchObject({ status: 'delivered', drop: { name: 'Zoë’s 🏠' } })
    expect((await grown.call('GET', '/orders/o2', { token: admin })).status).toBe(404)
    const again = {
      token: await grown.token('INTERNAL_SERVICE', 'backend'),
      body: { id: 'once' },
      headers: { 'idempotency-key': 'k1' },
    }
    expect((await grown.call('POST', '/orders', again)).status).toBe(201)
    expect(readFileSync(signingKeys, 'utf8')).toBe(readFileSync(join(data, 'keys.json'), 'utf8'))
  })

  test('every order is published to the new log, and a page goes on there', async () => {
    await grown.post('dp1', { order_id: 'o0', lat: 12.971, lng: 77.59 })
    const { body: view } = await grown.call('GET', '/orders/o0/track', { token })
    expect(view).toMatchObject({ order: { status: 'assigned' }, position: { lat: 12.971 } })
    expect(view.epoch).toBeGreaterThan(oldEpoch)
  })

  test('the folder is as it was', async () => {
    const old = await startTestServer({ data })
    expect((await old.call('GET', '/orders/o0/track', { token })).body.position.lat).toBe(12.97)
    await old.close()
  })
})
