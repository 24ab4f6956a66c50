import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from './child.ts'
import { CLUSTER_ID } from './kafka-prepare.ts'
import { type KafkaNodePlace, kafkaProperties } from './kafka-properties.ts'

/** How to run Java on Kafka's jars. */
export interface KafkaRuntime {
  java: string
  /** What Java takes before the name of a class. */
  javaArgs: string[]
  /** What a formatted folder begins with, besides who it belongs to. */
  bootstrapFile: string
}

export interface KafkaProcessOptions {
  /** Holds the node's folder, named after its number. */
  parentFolder: string
  properties: Record<string, string>
  places: readonly KafkaNodePlace[]
}

/** The process of one node, its file and its folder, to be started and ended any number of times. */
export class KafkaProcess {
  #child: Child | undefined
  #isFrozen = false
  readonly #folder: string
  readonly #file: string

  constructor(
    private readonly runtime: KafkaRuntime,
    readonly place: KafkaNodePlace,
    { parentFolder, properties, places }: KafkaProcessOptions,
  ) {
    this.#folder = join(parentFolder, String(place.id))
    this.#file = join(this.#folder, 'server.properties')
    const data = join(this.#folder, 'data')
    mkdirSync(data, { recursive: true })
    writeFileSync(this.#file, kafkaProperties(place, places, data, properties))
    // As Kafka's StorageTool formats it, without another second of Java.
    copyFileSync(runtime.bootstrapFile, join(data, 'bootstrap.checkpoint'))
    const directoryId = `A${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}A`
    const meta = { version: 1, 'cluster.id': CLUSTER_ID, 'node.id': place.id, 'directory.id': directoryId }
    const lines = Object.entries(meta).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(join(data, 'meta.properties'), lines.join(''))
  }

  get broker(): string {
    return `127.0.0.1:${this.place.brokerPort}`
  }

  start(): void {
    this.#isFrozen = false
    const { java, javaArgs } = this.runtime
    this.#child = Child.start([java, ...javaArgs, 'kafka.Kafka', this.#file], {
      outputFile: join(this.#folder, 'output.log'),
      cwd: this.#folder,
    })
  }

  pids(): number[] {
    return this.#child?.isAlive ? [this.#child.pid] : []
  }

  /** Whether it runs and is not frozen. */
  get isAtWork(): boolean {
    return this.pids().length > 0 && !this.#isFrozen
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.signal(signal)
    if (signal === 'SIGSTOP') this.#isFrozen = true
    if (signal === 'SIGCONT') this.#isFrozen = false
  }

  async kill(signal?: NodeJS.Signals): Promise<void> {
    await this.#child?.end(signal)
  }

  answers(ask: () => Promise<void>): Promise<void> {
    if (this.#child === undefined) throw new Error(`Kafka's node ${this.place.id} was never started`)
    return this.#child.answers(`Kafka's node ${this.place.id}`, ask, 60_000)
  }
}
