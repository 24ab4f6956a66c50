/**
 * A process that uses an embedded log until it is killed: `bun log-child.ts MODE FILE [normal|full]`.
 *
 * `lock` takes the file's folder and waits, or says why it cannot; `append` stores numbered values as fast as it can and prints each number once the log has acknowledged it (`a N`),
 * and each published fact (`f N`); `hold` opens the log, prints `open` and waits; `leave` opens it and ends by itself.
 */

import { writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { takeDataFolder } from '../../src/adapters/embedded/data-folder.ts'
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts'
import { type Durability, openLogFile } from '../../src/adapters/embedded/log-file.ts'

const [mode, path = '', durability = 'normal'] = process.argv.slice(2)
const onError = (error: unknown) => void console.error(error)

/** Written at once: what is still in a buffer when the process is killed was never said. */
function say(line: string): void {
  writeSync(1, `${line}\n`)
}

async function append(log: EmbeddedLog): Promise<void> {
  // Above those of every former process.
  let number = Date.now() * 1_000
  const one = async () => {
    for (;;) {
      const mine = number++
      const values = [`${mine}`, `${mine}b`]
      await log.append(values.map((value) => ({ key: `order${mine % 10}`, value, headers: { zlt: '1' } })))
      say(`a ${mine}`)
      if (mine % 20 !== 0) continue
      await log.publish('delivery.order.v1', 'last', String(mine))
      say(`f ${mine}`)
    }
  }
  await Promise.all(Array.from({ length: 60 }, one))
}

if (mode === 'lock') {
  try {
    takeDataFolder(dirname(path))
    say('open')
    setInterval(() => {}, 1_000)
  } catch (error) {
    say((error as Error).message)
  }
} else {
  const file = openLogFile(path, durability as Durability, onError)
  const log = new EmbeddedLog(file, { retentionMs: 3_600_000, onError })
  say('open')
  if (mode === 'append') await append(log)
  if (mode === 'hold') setInterval(() => {}, 1_000)
}
