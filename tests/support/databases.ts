/** The databases that the store's tests run on: SQLite always; Postgres as well where TEST_POSTGRES_URL names one. */

import { SQL } from 'bun'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { tempFolder } from './temp-folder.ts'

export interface TestDatabase {
  name: string
  /** An empty one. */
  open(): Promise<{ database: Database; close(): Promise<void> }>
}

const sqlite: TestDatabase = {
  name: 'SQLite',
  async open() {
    const folder = tempFolder()
    const database = await openDatabase(folder.file('zlt.db'))
    return {
      database,
      async close() {
        await database.close()
        folder.remove()
      },
    }
  },
}

function postgres(url: string): TestDatabase {
  return {
    name: 'Postgres',
    async open() {
      const name = `zlt_test_${crypto.randomUUID().replaceAll('-', '')}`
      const server = new SQL(url)
      await server.unsafe(`CREATE DATABASE ${name}`)
      const database = await openDatabase(Object.assign(new URL(url), { pathname: `/${name}` }).href)
      return {
        database,
        async close() {
          await database.close()
          await server.unsafe(`DROP DATABASE ${name} WITH (FORCE)`)
          await server.close()
        },
      }
    },
  }
}

const url = process.env.TEST_POSTGRES_URL
export const DATABASES: readonly TestDatabase[] = url === undefined ? [sqlite] : [sqlite, postgres(url)]
