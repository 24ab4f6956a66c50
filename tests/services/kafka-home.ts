/** Kafka's jars and what is made from them once; all of it is kept in the project's `.cache` folder. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findJava } from '../../scripts/find-program.ts'
import { runCommand } from '../../scripts/world/run-command.ts'
import { prepareKafka } from './kafka-prepare.ts'
import type { KafkaRuntime } from './kafka-process.ts'
import { MissingProgram } from './service.ts'

const pomFile = join(import.meta.dir, 'pom.xml')
const cacheFolder = join(import.meta.dir, '../../.cache')
const jvmFlags = [
  ...['-Xms96m', '-Xmx256m', '-Xss512k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  ...['-XX:ReservedCodeCacheSize=64m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
]

let home: Promise<KafkaRuntime> | undefined

/** Once a process. @throws MissingProgram without Java or Maven @throws Error with what Maven says when it cannot fetch */
export function kafkaHome(): Promise<KafkaRuntime> {
  home ??= openKafkaHome()
  return home
}

/** As `kafkaHome`, with the given Java. */
export async function openKafkaHome(java = findJava()): Promise<KafkaRuntime> {
  if (java === undefined || !existsSync(java)) throw new MissingProgram('Java 17 or newer')
  const folder = join(cacheFolder, `kafka-${digest(readFileSync(pomFile, 'utf8'))}`)
  if (!existsSync(folder)) await fetchJars(folder)
  const jars = readdirSync(join(folder, 'lib')).sort()
  const javaArgs = [...jvmFlags, '-cp', jars.map((jar) => join(folder, 'lib', jar)).join(':')]
  // An archive of classes is of one Java and one class path, by its absolute names.
  const version = Bun.spawnSync([java, '-version'], { stderr: 'pipe' }).stderr.toString()
  const prepared = join(folder, `prepared-${digest(version + javaArgs.join(' '))}`)
  if (!existsSync(prepared)) await inStaging(prepared, (staging) => prepareKafka({ java, javaArgs }, staging))
  return {
    java,
    javaArgs: [`-XX:SharedArchiveFile=${join(prepared, 'classes.jsa')}`, ...javaArgs],
    bootstrapFile: join(prepared, 'bootstrap.checkpoint'),
  }
}

async function fetchJars(folder: string): Promise<void> {
  const maven = Bun.which('mvn')
  if (maven === null) throw new MissingProgram('Maven (mvn)')
  console.error("Fetching Kafka's jars (44 MB), once …")
  await inStaging(folder, async (staging) => {
    const output = `-DoutputDirectory=${join(staging, 'lib')}`
    // Maven says on its standard output what went wrong.
    const command = ['sh', '-c', 'exec "$@" 1>&2', 'sh', maven, '-q', '-B', '-f', pomFile]
    await runCommand([...command, 'dependency:copy-dependencies', output], { cwd: staging })
  })
}

/** Fills a folder that appears by one rename, whole or not at all. */
async function inStaging(folder: string, fill: (staging: string) => Promise<void>): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  const staging = mkdtempSync(join(cacheFolder, 'staging-'))
  try {
    await fill(staging)
    // Whoever else fills it at the same time has the same.
    if (!existsSync(folder)) renameSync(staging, folder)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function digest(text: string): string {
  return Bun.hash(text).toString(36)
}
