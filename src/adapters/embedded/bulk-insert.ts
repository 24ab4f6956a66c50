/** Inserts of many rows: each call into SQLite has a price of its own, so a statement takes several. */

import type { Database, SQLQueryBindings } from 'bun:sqlite'

/** More a statement gains nothing. */
const ROWS_A_STATEMENT = 16

/** Inserts rows given flat, one after the other; the caller holds the transaction. @returns how many were inserted */
export type BulkInsert = (values: readonly SQLQueryBindings[]) => number

/**
 * Prepares inserts of rows of `columns` values.
 * @param into the statement up to and without `VALUES`
 */
export function bulkInsert(db: Database, into: string, columns: number): BulkInsert {
  const row = `(${Array(columns).fill('?').join()})`
  const one = db.query(`${into} VALUES ${row}`)
  const many = db.query(`${into} VALUES ${Array(ROWS_A_STATEMENT).fill(row).join()}`)
  const step = columns * ROWS_A_STATEMENT
  return function insertRows(values) {
    let i = 0
    let inserted = 0
    for (; i + step <= values.length; i += step) inserted += many.run(...values.slice(i, i + step)).changes
    for (; i < values.length; i += columns) inserted += one.run(...values.slice(i, i + columns)).changes
    return inserted
  }
}
