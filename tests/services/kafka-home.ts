/** Kafka's jars and how to run Java on them: copied by Maven the first time, and kept in the project's `.cache` folder. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findJava } from '../../scripts/find-program.ts'
import { runCommand } from '../../scripts/world/run-command.ts'
import { MissingProgram } from './service.ts'

export interface KafkaHome {
  java: string
  /** Holds `lib`, the jars, and what else is derived from them alone. */
  folder: string
  /** What Java takes before the name of a class. */
  javaArgs: string[]
}

const pomFile = join(import.meta.dir, 'pom.xml')
const cacheFolder = join(import.meta.dir, '../../.cache')
const jvmFlags = [
  ...['-Xms96m', '-Xmx256m', '-Xss512k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  ...['-XX:ReservedCodeCacheSize=64m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
]

let home: Promise<KafkaHome> | undefined

/** Once a process. @throws MissingProgram without Java or Maven @throws Error with what Maven says when it cannot fetch */
export function kafkaHome(): Promise<KafkaHome> {
  home ??= openKafkaHome()
  return home
}

/** As `kafkaHome`, with the given Java. */
export async function openKafkaHome(java = findJava()): Promise<KafkaHome> {
  if (java === undefined || !existsSync(java)) throw new MissingProgram('Java 17 or newer')
  const folder = join(cacheFolder, `kafka-${Bun.hash(readFileSync(pomFile)).toString(36)}`)
  if (!existsSync(folder)) await fetchJars(folder)
  return { java, folder, javaArgs: [...jvmFlags, '-cp', join(folder, 'lib/*')] }
}

async function fetchJars(folder: string): Promise<void> {
  const maven = Bun.which('mvn')
  if (maven === null) throw new MissingProgram('Maven (mvn)')
  console.error("Fetching Kafka's jars (44 MB), once …")
  mkdirSync(cacheFolder, { recursive: true })
  const staging = mkdtempSync(join(cacheFolder, 'fetch-'))
  try {
    const output = `-DoutputDirectory=${join(staging, 'lib')}`
    // Maven says on its standard output what went wrong.
    const command = ['sh', '-c', 'exec "$@" 1>&2', 'sh', maven, '-q', '-B', '-f', pomFile]
    await runCommand([...command, 'dependency:copy-dependencies', output], { cwd: staging })
    // Whoever else fetches them at the same time has the same.
    if (!existsSync(folder)) renameSync(staging, folder)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}
