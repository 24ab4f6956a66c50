/** What a node is called among all: Kafka's clientId and `Mail.self`. */

import { randomInt } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Folder } from '../../ports/adapters'

/** Easy to say and to tell apart in a log; 24² of them, and a number. */
const FIRST =
  'amber azure brisk calm clear coral dusty eager early fair fleet gentle green happy ivory jolly keen lucky merry noble quick quiet rapid sunny'
const SECOND =
  'badger beaver crane deer eagle falcon finch fox gull hare hawk heron ibis lark lynx marten otter owl raven robin stork swan tern wren'

/**
 * `<name>.<start_ms>`: the name is the setting's, else the one kept in the folder's file `node-name`, made once. So a
 * restarted node knows its former self, and what counts by node starts clean.
 *
 * `nowMs` MUST differ from the former start's; starts of one folder take longer than a millisecond.
 */
export function nodeId(folder: Folder, named: string | undefined, nowMs: number): string {
  return `${named ?? keptName(folder.file('node-name'))}.${nowMs}`
}

/** The name in an id. */
export function nameOfNode(id: string): string {
  return id.slice(0, id.lastIndexOf('.'))
}

function keptName(path: string): string {
  const kept = read(path)
  if (kept !== undefined) return kept
  const name = madeName()
  // Whole before it has its name, so that a start which is killed leaves no half of one.
  writeFileSync(`${path}.new`, `${name}\n`)
  renameSync(`${path}.new`, path)
  return name
}

/** Undefined when there is none, or one that nobody could have made. */
function read(path: string): string | undefined {
  try {
    const name = readFileSync(path, 'utf8').trim()
    return /^[A-Za-z0-9._-]{1,64}$/.test(name) ? name : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function madeName(): string {
  const [first, second] = [FIRST.split(' '), SECOND.split(' ')]
  return `${first[randomInt(first.length)]}-${second[randomInt(second.length)]}-${randomInt(1_000, 10_000)}`
}
