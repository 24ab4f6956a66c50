/** Accounts and orders of a SQLite file, brought into an empty Postgres: whole and checked, or not at all. */

import { Database as Sqlite } from 'bun:sqlite'
import type { Database, Tx } from './database'
import { openDatabase } from './sql'

/** What was copied of a table, the same on both sides. */
export interface CopiedTable {
  table: string
  rows: number
  /** Over all rows whatever their order, in hexadecimal; without `published_rev`, which begins anew. */
  checksum: string
}

const BATCH_ROWS = 500
/** A transaction of hours is no failure here: whoever started it waits for it. */
const PATIENTLY: { durable?: boolean; limitMs: number } = { limitMs: 24 * 3_600_000 }
const NOT_COPIED = ['schema_version']

type Row = Record<string, string | number | null>

/**
 * Copies every table of the schema in one transaction, reads all of it back, and commits only when both sides are the
 * same. What was published stays behind: the relay publishes every order to the new log. Nobody may write to the file
 * meanwhile; its schema is brought up to date first, the target's too.
 * @throws Error when the target holds anything already, or has other rows after the copy; nothing is changed then
 */
export async function copyToPostgres(
  path: string,
  target: Database,
  onTable: (table: string, rows: number) => void = () => {},
): Promise<CopiedTable[]> {
  if (target.dialect !== 'postgres') throw new Error('the target is not Postgres')
  await (await openDatabase(path)).close()
  const source = new Sqlite(path, { readonly: true, strict: true })
  try {
    const tables = tablesOf(source)
    return await target.write(async (tx) => {
      await target.lock(tx, ['schema'])
      await refuseUsed(tx, tables)
      const copied: CopiedTable[] = []
      for (const table of tables) {
        onTable(table, countRows(source, table))
        const there = await insertAll(tx, source, table)
        const here = await sumUp(tx, table, columnsOf(source, table))
        if (there.rows !== here.rows || there.checksum !== here.checksum) {
          throw new Error(`Postgres has other rows in ${table} than the file: nothing was copied`)
        }
        copied.push({ table, ...there })
      }
      return copied
    }, PATIENTLY)
  } finally {
    source.close()
  }
}

/** In the order they were made, so that none refers to a later one. */
function tablesOf(source: Sqlite): string[] {
  const rows = source
    .query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
    .all() as { name: string }[]
  return rows.map(({ name }) => name).filter((name) => !NOT_COPIED.includes(name))
}

function columnsOf(source: Sqlite, table: string): string[] {
  return (source.query(`PRAGMA table_info(${table})`).all() as { name: string }[]).map(({ name }) => name)
}

function countRows(source: Sqlite, table: string): number {
  return (source.query(`SELECT COUNT(*) AS n FROM ${table}`).get() as { n: number }).n
}

/** Locks the tables for all but readers: an auth node that starts now waits, and then finds its accounts. */
async function refuseUsed(tx: Tx, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    await tx.unsafe(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
    const [{ used }] = await tx.unsafe(`SELECT EXISTS (SELECT 1 FROM ${table}) AS used`)
    if (used) throw new Error(`there is something in the table ${table} already: name an empty database`)
  }
}

async function insertAll(tx: Tx, source: Sqlite, table: string): Promise<{ rows: number; checksum: string }> {
  const sum = new Checksum(columnsOf(source, table))
  let batch: Row[] = []
  const insert = async () => {
    if (batch.length > 0) await tx`INSERT INTO ${tx(table)} ${tx(batch)}`
    batch = []
  }
  for (const row of source.query(`SELECT * FROM ${table}`).iterate() as Iterable<Row>) {
    sum.add(row)
    batch.push(unpublished(row))
    if (batch.length === BATCH_ROWS) await insert()
  }
  await insert()
  return sum.result()
}

/** Of an order whose value has left the log there is nothing to publish. */
function unpublished(row: Row): Row {
  const isGone = row.fact === 'removed' && row.published_rev === row.rev
  return 'published_rev' in row && !isGone ? { ...row, published_rev: 0 } : row
}

/** By a cursor: all rows at once may be more than the memory holds. */
async function sumUp(tx: Tx, table: string, columns: string[]): Promise<{ rows: number; checksum: string }> {
  const sum = new Checksum(columns)
  await tx.unsafe(`DECLARE copied NO SCROLL CURSOR FOR SELECT * FROM ${table}`)
  for (;;) {
    const rows: Row[] = await tx.unsafe(`FETCH ${BATCH_ROWS} FROM copied`)
    for (const row of rows) sum.add(row)
    if (rows.length < BATCH_ROWS) break
  }
  await tx`CLOSE copied`
  return sum.result()
}

/** Adds up the hashes of rows, so that it does not matter which comes first: the two sort texts differently. */
class Checksum {
  #rows = 0
  #sum = 0n
  readonly #columns: string[]

  constructor(columns: string[]) {
    this.#columns = columns.filter((column) => column !== 'published_rev').sort()
  }

  add(row: Row): void {
    // Postgres gives a bigint as text.
    const values = this.#columns.map((column) => (row[column] === null ? null : String(row[column])))
    this.#sum = BigInt.asUintN(64, this.#sum + BigInt(Bun.hash(JSON.stringify(values))))
    this.#rows += 1
  }

  result(): { rows: number; checksum: string } {
    return { rows: this.#rows, checksum: this.#sum.toString(16).padStart(16, '0') }
  }
}
