/** The databases that what stores is tested on: SQLite, and the shared Postgres or the one that TEST_POSTGRES_URL names. */

import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { makePostgresDatabase } from './postgres-database.ts'
import { tempFolder } from './temp-folder.ts'

export interface TestDatabase {
  name: string
  /** An empty one. */
  open(): Promise<{ database: Database; close(): Promise<void> }>
}

export const SQLITE: TestDatabase = {
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

const POSTGRES: TestDatabase = {
  name: 'Postgres',
  async open() {
    const { url, remove } = await makePostgresDatabase()
    const database = await openDatabase(url)
    return {
      database,
      async close() {
        await database.close()
        await remove()
      },
    }
  },
}

export const DATABASES: readonly TestDatabase[] = [SQLITE, POSTGRES]
