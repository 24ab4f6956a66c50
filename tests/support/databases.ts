/** The databases that the store's tests run on: SQLite, and the Postgres that all tests share. */

import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { sharedPostgres } from '../services/shared-servers.ts'
import { makePostgresDatabase } from './postgres-database.ts'
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

const postgres: TestDatabase = {
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

// Here no test's time runs out while Postgres starts.
await sharedPostgres()

export const DATABASES: readonly TestDatabase[] = [sqlite, postgres]
