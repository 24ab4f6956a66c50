/** What makes every later start of Kafka twice as fast. */

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../scripts/world/run-command.ts'
import { Child } from './child.ts'
import { freePorts } from './free-ports.ts'
import { guardedFolder } from './guard.ts'
import { kafkaProperties } from './kafka-properties.ts'
import { storeOnAll } from './kafka-ready.ts'

/** A Kafka's folder is formatted under this name; each Kafka of the tests has a folder of its own. */
export const CLUSTER_ID = 'emx0LXRlc3RzLWNsdXN0ZQ'

/**
 * Runs one node once and leaves in `folder` what others start from: `classes.jsa`, the archive of the classes that it has
 * loaded, and `bootstrap.checkpoint`, the part of a formatted folder that is the same for every node.
 */
export async function prepareKafka(
  { java, javaArgs }: { java: string; javaArgs: string[] },
  folder: string,
): Promise<void> {
  console.error('Preparing Kafka, once …')
  const work = guardedFolder('kafka')
  try {
    const [brokerPort = 0, controllerPort = 0] = await freePorts(2)
    const place = { id: 1, brokerPort, controllerPort }
    const file = join(work.path, 'server.properties')
    await Bun.write(file, kafkaProperties(place, [place], join(work.path, 'data'), {}))
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file]
    await runCommand([java, ...javaArgs, ...format], { cwd: work.path })
    copyFileSync(join(work.path, 'data/bootstrap.checkpoint'), join(folder, 'bootstrap.checkpoint'))

    const archive = `-XX:ArchiveClassesAtExit=${join(folder, 'classes.jsa')}`
    const outputFile = join(work.path, 'output.log')
    const child = Child.start([java, archive, ...javaArgs, 'kafka.Kafka', file], { outputFile, cwd: work.path })
    try {
      await child.answers('Kafka', () => storeOnAll([`127.0.0.1:${brokerPort}`], 1), 60_000)
    } finally {
      await child.end('SIGTERM')
    }
    if (!(await Bun.file(join(folder, 'classes.jsa')).exists())) {
      throw new Error(`this Java leaves no archive of its classes:\n${child.output()}`)
    }
  } finally {
    work.remove()
  }
}
