/** kafkajs as it is published: to show what our patch, and our own look at each answer, are for. */

import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runCommand } from '../../../scripts/world/run-command.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const PROJECT = join(import.meta.dir, '../../..')

/** Copies what is installed, and takes our patch out of it. */
export async function unpatchedKafkajs(): Promise<{ kafkajs: typeof import('kafkajs'); remove(): void }> {
  const folder = tempFolder()
  const copy = folder.file('kafkajs')
  cpSync(dirname(Bun.resolveSync('kafkajs/package.json', PROJECT)), copy, { recursive: true, dereference: true })
  await runCommand(['git', 'apply', '-R', join(PROJECT, 'patches/kafkajs@2.2.4.patch')], { cwd: copy })
  return { kafkajs: createRequire(import.meta.url)(copy), remove: () => folder.remove() }
}
