/** The query of a list. */

import { ZltError } from '../errors'
import { type Cursor, parseCursor } from '../store/cursor'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 500

export interface Page {
  limit: number
  /** The last row of the page before. */
  after: Cursor | undefined
}

/** Reads `limit` and `cursor`. @throws ZltError `invalid_parameter` */
export function parsePage(limit: string | undefined, cursor: string | undefined): Page {
  const rows = limit === undefined ? DEFAULT_LIMIT : /^\d{1,3}$/.test(limit) ? Number(limit) : 0
  if (rows < 1 || rows > MAX_LIMIT) throw new ZltError('invalid_parameter', `limit is a number from 1 to ${MAX_LIMIT}`)
  const after = cursor === undefined ? undefined : parseCursor(cursor)
  if (cursor !== undefined && after === undefined) {
    throw new ZltError('invalid_parameter', 'cursor is not the next_cursor of a page')
  }
  return { limit: rows, after }
}
