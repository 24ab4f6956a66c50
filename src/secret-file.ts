/** Values that stand in a file of their own, as orchestrators mount secrets. */

import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

/** A password, a token or a URL is shorter; a file that is longer is another one. */
const MAX_BYTES = 64 * 1024

/**
 * The content of the file, without the one line break that editors and `echo` put at the end.
 * @param where what named the file, for the message
 * @throws Error with a whole sentence that names `where` and the file, and never what is in it
 */
export function readSecretFile(path: unknown, where: string): string {
  if (typeof path !== 'string' || path === '') throw new Error(`${where}: write the path of a file`)
  let content: string
  try {
    const file = resolve(path)
    const { size } = statSync(file)
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_BYTES}`)
    content = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`${where} is ${JSON.stringify(path)}, which cannot be read: ${(cause as Error).message}`, { cause })
  }
  const value = content.replace(/\r?\n$/, '')
  if (value === '') throw new Error(`${where} is ${JSON.stringify(path)}, which is empty: write the value into it`)
  return value
}
