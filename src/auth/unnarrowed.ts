/** Operations that are not about orders a token could name. */

import { ZltError } from '../errors'
import type { Handler } from '../http/app'

/** Refuses tokens that name orders: they are good for those and nothing else. Its answers are not to be cached. */
export function unnarrowed(handler: Handler): Handler {
  return async function unnarrowedHandler(c) {
    if (c.get('claims').orders !== undefined) {
      throw new ZltError('forbidden', 'this token is good for the orders it names and nothing else')
    }
    c.header('cache-control', 'no-store')
    return handler(c)
  }
}
