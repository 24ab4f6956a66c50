/** Databases of their own on the Postgres that all tests share, or the one that TEST_POSTGRES_URL names. */

import { SQL } from 'bun'
import { sharedPostgres } from '../services/shared-servers.ts'

export interface PostgresDatabase {
  /** Of an empty database; nothing of zlt is in it. */
  url: string
  remove(): Promise<void>
}

/** Makes one; the first of a run waits for Postgres to start. */
export async function makePostgresDatabase(): Promise<PostgresDatabase> {
  const server = (await sharedPostgres()).url
  const name = `zlt_test_${crypto.randomUUID().replaceAll('-', '')}`
  await run(server, `CREATE DATABASE ${name}`)
  return {
    url: Object.assign(new URL(server), { pathname: `/${name}` }).href,
    remove: () => run(server, `DROP DATABASE ${name} WITH (FORCE)`),
  }
}

async function run(url: string, statement: string): Promise<void> {
  const sql = new SQL(url, { max: 1 })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.close()
  }
}
