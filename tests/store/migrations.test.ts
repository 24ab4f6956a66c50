import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { resolve } from 'node:path'
import { SQL } from 'bun'
import { ZltError } from '../../src/errors.ts'
import { migrate, SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { makePostgresDatabase, type PostgresDatabase } from '../support/postgres-database.ts'
import { tempFolder } from '../support/temp-folder.ts'

// The first of a run waits for Postgres to start.
setDefaultTimeout(60_000)

let postgres: PostgresDatabase
beforeEach(async () => {
  postgres = await makePostgresDatabase()
})
afterEach(() => postgres.remove())

const OPEN = `
  const { openDatabase } = await import(${JSON.stringify(resolve(import.meta.dir, '../../src/store/sql.ts'))})
  const database = await openDatabase(process.argv[1])
  const rows = await database.read((tx) => tx\`SELECT version FROM schema_version\`)
  console.log(rows.length, Number(rows[0].version))
  await database.close()
`

/** Processes that open the same database, all started before the first has ended. */
async function openAtOnce(where: string, processes: number): Promise<string[]> {
  const children = Array.from({ length: processes }, () =>
    Bun.spawn([process.execPath, '-e', OPEN, where], { stdout: 'pipe', stderr: 'pipe' }),
  )
  return Promise.all(
    children.map(
      async ({ stdout, stderr }) => (await new Response(stdout).text()) + (await new Response(stderr).text()),
    ),
  )
}

describe('processes that start at once run each step once', () => {
  test('on Postgres', async () => {
    expect(await openAtOnce(postgres.url, 4)).toEqual(Array(4).fill(`1 ${SCHEMA_VERSION}\n`))
  })

  test('on SQLite', async () => {
    const folder = tempFolder()
    expect(await openAtOnce(folder.file('zlt.db'), 3)).toEqual(Array(3).fill(`1 ${SCHEMA_VERSION}\n`))
    folder.remove()
  })
})

describe('nothing waits for ever', () => {
  test('a start gives up on one that hangs in its migration, and can be tried again', async () => {
    const database = openPostgres(postgres.url)
    await migrate(database)
    const hanging = new SQL(postgres.url, { max: 1 })
    const letGo = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const transaction = hanging.begin(async (tx) => {
      await database.lock(tx, ['schema'])
      held.resolve()
      await letGo.promise
    })
    await held.promise
    const failure = await migrate(database, 2_000).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ZltError)
    expect((failure as ZltError).code).toBe('overloaded')
    letGo.resolve()
    await transaction
    await migrate(database, 2_000)
    await hanging.close()
    await database.close()
  })

  test('Postgres ends a transaction whose process has frozen, and no statement waits long for a lock', async () => {
    const database = await openDatabase(postgres.url)
    const shown = await database.read(async (tx) => [
      (await tx`SHOW idle_in_transaction_session_timeout`)[0].idle_in_transaction_session_timeout,
      (await tx`SHOW lock_timeout`)[0].lock_timeout,
      (await tx`SHOW application_name`)[0].application_name,
    ])
    expect(shown).toEqual(['15s', '10s', 'zlt'])
    await database.close()
  })
})

test('a schema of a newer program is refused by name, and stays as it is', async () => {
  const database = await openDatabase(postgres.url)
  await database.write((tx) => tx`UPDATE schema_version SET version = ${SCHEMA_VERSION + 1}`)
  await database.close()
  const failure = await openDatabase(postgres.url).catch((error: Error) => error.message)
  expect(failure).toContain('start the newer zlt again, or restore the backup made before it')
  const sql = new SQL(postgres.url, { max: 1 })
  expect(Number((await sql`SELECT version FROM schema_version`)[0].version)).toBe(SCHEMA_VERSION + 1)
  await sql.close()
})
