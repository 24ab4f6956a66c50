/** The databases that what stores is tested on: SQLite, and the shared Postgres or the one that TEST_POSTGRES_URL names. */

import { SQL } from 'bun'
import type { Database } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/sql.ts'
import { sharedPostgres } from '../services/shared-servers.ts'
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
    const url = process.env.TEST_POSTGRES_URL ?? (await sharedPostgres()).url
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

export const DATABASES: readonly TestDatabase[] = [SQLITE, POSTGRES]
