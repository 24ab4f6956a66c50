/** What a viewer may say on its socket. */

import { isId } from '../domain/id'

export type ClientFrame =
  | { type: 'ack' }
  | { type: 'auth'; token: string }
  | { type: 'watch' | 'unwatch'; orderId: string }
  /** A type of a later version: ignored. */
  | { type: 'unknown' }

/** Reads one text frame; undefined when it is not a frame at all. */
export function parseClientFrame(text: string): ClientFrame | undefined {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof raw !== 'object' || raw === null) return undefined
  const { type, token, order_id: orderId } = raw as Record<string, unknown>
  switch (type) {
    case 'ack':
      return { type }
    case 'auth':
      return typeof token === 'string' ? { type, token } : undefined
    case 'watch':
    case 'unwatch':
      return isId(orderId) ? { type, orderId } : undefined
    default:
      return typeof type === 'string' ? { type: 'unknown' } : undefined
  }
}
