import { Database as Sqlite } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { ZltError } from '../../src/errors.ts'
import type { Database } from '../../src/store/database.ts'
import { migrate, SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { DATABASES } from '../support/databases.ts'
import { tempFolder } from '../support/temp-folder.ts'

for (const { name, open } of DATABASES) {
  describe(name, () => {
    let database: Database
    let close: () => Promise<void>
    beforeEach(async () => {
      ;({ database, close } = await open())
      await database.write((tx) => tx`CREATE TABLE marks (n BIGINT)`)
    })
    afterEach(() => close())

    const marks = () =>
      database.read(async (tx) => (await tx`SELECT n FROM marks ORDER BY n`).map(({ n }: { n: unknown }) => Number(n)))

    test('a migration that has run does not run again', async () => {
      await migrate(database)
      const [{ version }] = await database.read((tx) => tx`SELECT version FROM schema_version`)
      expect(Number(version)).toBe(SCHEMA_VERSION)
    })

    test('a schema of a newer program is refused, and says what to do', async () => {
      await database.write((tx) => tx`UPDATE schema_version SET version = ${SCHEMA_VERSION + 1}`)
      await expect(migrate(database)).rejects.toThrow(/schema 2 .* knows up to 1.*start the newer zlt/)
    })

    test('a transaction that fails leaves nothing', async () => {
      const failing = database.write(async (tx) => {
        await tx`INSERT INTO marks VALUES (1)`
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await marks()).toEqual([])
    })

    test('what runs beside a transaction is not part of it, and does not see it before its end', async () => {
      const begun = Promise.withResolvers<void>()
      const failing = database.write(async (tx) => {
        await tx`INSERT INTO marks VALUES (1)`
        begun.resolve()
        await Bun.sleep(20)
        throw new Error('rolled back')
      })
      const failed = failing.catch((error) => String(error))
      await begun.promise
      const seen = marks()
      const written = database.write((tx) => tx`INSERT INTO marks VALUES (2)`)
      expect(await failed).toBe('Error: rolled back')
      await written
      expect(await seen).not.toContain(1)
      expect(await marks()).toEqual([2])
    })

    test('transactions that lock one key follow each other', async () => {
      await database.write((tx) => tx`INSERT INTO marks VALUES (0)`)
      const increase = () =>
        database.write(async (tx) => {
          await database.lock(tx, ['b', 'a'])
          const [{ n }] = await tx`SELECT n FROM marks`
          await Bun.sleep(1)
          await tx`UPDATE marks SET n = ${Number(n) + 1}`
        })
      await Promise.all(Array.from({ length: 8 }, increase))
      expect(await marks()).toEqual([8])
    })
  })
}

describe('a SQLite file', () => {
  const folder = tempFolder()
  afterEach(() => folder.remove())

  test('is its owner’s alone, keeps its content, and is durable', async () => {
    const path = folder.file('zlt.db')
    const first = await openDatabase(path)
    await first.write((tx) => tx`CREATE TABLE kept (n BIGINT)`)
    const synchronous = async () => (await first.read((tx) => tx`PRAGMA synchronous`))[0].synchronous
    expect(await synchronous()).toBe(2)
    await first.write((tx) => tx`DELETE FROM kept`, { durable: false })
    await expect(first.write(() => Promise.reject(new Error('no')), { durable: false })).rejects.toThrow('no')
    expect(await synchronous()).toBe(2)
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600)
    await first.close()

    const second = await openDatabase(path)
    expect(await second.read((tx) => tx`SELECT * FROM kept`)).toHaveLength(0)
    await second.write((tx) => tx`UPDATE schema_version SET version = 99`)
    await second.close()
    await expect(openDatabase(path)).rejects.toThrow(/schema 99/)
  })

  test('says when its disk is full', async () => {
    const full = tempFolder()
    const database = await openDatabase(full.file('zlt.db'))
    await database.read((tx) => tx`PRAGMA max_page_count = 1`)
    const writing = database.write((tx) => tx.unsafe(`CREATE TABLE more AS SELECT hex(zeroblob(1000000)) AS x`))
    const error = await writing.catch((caught) => caught)
    expect(error).toBeInstanceOf(ZltError)
    expect(error.code).toBe('disk_full')
    await database.close()
    full.remove()
  })
})

test('a Postgres that does not answer is named, without its password', async () => {
  const failure = await openDatabase('postgres://zlt:secret@127.0.0.1:1/zlt').catch((error: Error) => error.message)
  expect(failure).toStartWith('cannot reach the database at 127.0.0.1:1 (ZLT_DATABASE): ')
  expect(failure).not.toContain('secret')
})

test('a file that another program holds for a moment keeps nobody else waiting, and is written when it is free', async () => {
  const folder = tempFolder()
  const store = await openDatabase(folder.file('zlt.db'))
  const other = new Sqlite(folder.file('zlt.db'))
  other.run('BEGIN IMMEDIATE')
  const writing = store.write((tx) => tx`SELECT 1 AS one`)
  const startedMs = performance.now()
  await Bun.sleep(50)
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  other.run('ROLLBACK')
  expect(await writing).toEqual([{ one: 1 }])
  other.close()
  await store.close()
  folder.remove()
})
