/** Reads the bodies of the control plane by their schemas. */

import type { Context } from 'hono'
import type { Env } from '../http/app'
import { readJson } from '../http/body'
import type { Body, SchemaName } from '../http/schemas'

/**
 * Reads the body that has this schema. The schemas are loaded by the first request that has one: building them takes
 * longer than all else of a start together. @throws ZltError what `readJson` throws, and `invalid_body`
 */
export async function readBody<N extends SchemaName>(c: Context<Env>, name: N, maxBytes: number): Promise<Body<N>> {
  const input = await readJson(c.req.raw, maxBytes)
  const { parseBody } = await import('../http/schemas')
  return parseBody(name, input)
}
