/** Where a page of a list ended: creation time and id of its last row, so that rows that come or go shift nothing. */

import { isId } from '../domain/id'

export interface Cursor {
  created_at_ms: number
  id: string
}

/** The cursor as text for a URL; opaque to callers. */
export function formatCursor(last: Cursor): string {
  return Buffer.from(`${last.created_at_ms.toString(36)}.${last.id}`).toString('base64url')
}

/** Reads what `formatCursor` wrote; undefined when it cannot be that. */
export function parseCursor(text: string): Cursor | undefined {
  const [, time = '', id] = /^([0-9a-z]{1,10})\.(.+)$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  const createdAtMs = Number.parseInt(time, 36)
  return isId(id) && Number.isSafeInteger(createdAtMs) ? { created_at_ms: createdAtMs, id } : undefined
}
