/** A real Kafka of one node or three. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../scripts/world/run-command.ts'
import { Child } from './child.ts'
import { freePorts } from './free-ports.ts'
import { guardedFolder } from './guard.ts'
import { type KafkaHome, kafkaHome, openKafkaHome } from './kafka-home.ts'
import { type KafkaNodePlace, kafkaProperties } from './kafka-properties.ts'
import { expectInSync, storeOnAll } from './kafka-ready.ts'
import type { Service } from './service.ts'

export interface KafkaOptions {
  /** One unless given. With three, each topic is on all and a write needs two of them. */
  nodes?: 1 | 3
  /** Of each node's properties, by name, over those here. */
  properties?: Record<string, string>
  /** The `java` program; found unless given. */
  java?: string
}

/** A node; which one leads a partition is asked by a client. `restart` waits until it is in sync with all that run. */
export interface KafkaNode extends Omit<Service, 'stop'> {
  /** Its number in Kafka's metadata, from 1. */
  id: number
  /** `127.0.0.1:PORT`. */
  broker: string
  readonly isAlive: boolean
}

/** What `Service` says goes for all nodes at once. */
export interface KafkaService extends Service {
  brokers: string[]
  nodes: KafkaNode[]
  /** @throws Error where there is none with this number */
  node(id: number): KafkaNode
}

/** The same for every Kafka here: each has a folder of its own. */
const CLUSTER_ID = 'emx0LXRlc3RzLWNsdXN0ZQ'

/** Starts it on free ports, empty. Resolves when it has stored a record on all nodes and each has caught up. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaService> {
  const home = await (options.java === undefined ? kafkaHome() : openKafkaHome(options.java))
  const count = options.nodes ?? 1
  const ports = await freePorts(2 * count)
  const places = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    brokerPort: ports[index] as number,
    controllerPort: ports[count + index] as number,
  }))
  const folder = guardedFolder('kafka')
  const nodes: NodeProcess[] = []
  try {
    for (const place of places) nodes.push(new NodeProcess(home, place, folder.path, options.properties ?? {}, places))
    await Promise.all(nodes.map((node) => node.format()))
    await startAll(nodes)
  } catch (error) {
    await Promise.all(nodes.map((node) => node.kill()))
    folder.remove()
    throw error
  }
  const described = nodes.map((node) => describeNode(node, nodes))
  const kill = async (signal?: NodeJS.Signals) => void (await Promise.all(nodes.map((node) => node.kill(signal))))
  return {
    brokers: nodes.map(({ broker }) => broker),
    nodes: described,
    node(id) {
      const found = described.find((node) => node.id === id)
      if (found === undefined) throw new Error(`no node ${id}`)
      return found
    },
    pids: () => nodes.flatMap((node) => node.pids()),
    kill,
    pause() {
      for (const node of nodes) node.signal('SIGSTOP')
    },
    resume() {
      for (const node of nodes) node.signal('SIGCONT')
    },
    async restart() {
      await kill()
      await startAll(nodes)
    },
    async stop() {
      await kill()
      folder.remove()
    },
  }
}

async function startAll(nodes: NodeProcess[]): Promise<void> {
  for (const node of nodes) node.start()
  const [first] = nodes as [NodeProcess]
  const brokers = nodes.map(({ broker }) => broker)
  await first.answers(() => storeOnAll(brokers, nodes.length))
  const ids = nodes.map(({ place }) => place.id)
  await Promise.all(nodes.map((node) => node.answers(() => expectInSync(node.broker, ids))))
}

function describeNode(node: NodeProcess, nodes: NodeProcess[]): KafkaNode {
  return {
    id: node.place.id,
    broker: node.broker,
    get isAlive() {
      return node.pids().length > 0
    },
    pids: () => node.pids(),
    kill: (signal) => node.kill(signal),
    pause: () => node.signal('SIGSTOP'),
    resume: () => node.signal('SIGCONT'),
    async restart() {
      await node.kill()
      node.start()
      const running = nodes.filter((one) => one.pids().length > 0)
      const ids = running.map(({ place }) => place.id)
      await node.answers(() => expectInSync(node.broker, ids))
      await node.answers(() => storeOnAll([node.broker], nodes.length))
    },
  }
}

class NodeProcess {
  #child: Child | undefined
  readonly #folder: string
  readonly #file: string

  constructor(
    private readonly home: KafkaHome,
    readonly place: KafkaNodePlace,
    parentFolder: string,
    properties: Record<string, string>,
    places: KafkaNodePlace[],
  ) {
    this.#folder = join(parentFolder, String(place.id))
    this.#file = join(this.#folder, 'server.properties')
    mkdirSync(this.#folder)
    const text = kafkaProperties(place, places, join(this.#folder, 'data'), properties)
    writeFileSync(this.#file, text)
  }

  get broker(): string {
    return `127.0.0.1:${this.place.brokerPort}`
  }

  async format(): Promise<void> {
    const { java, javaArgs } = this.home
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', this.#file]
    await runCommand([java, ...javaArgs, ...format], { cwd: this.#folder })
  }

  start(): void {
    const { java, javaArgs } = this.home
    this.#child = Child.start([java, ...javaArgs, 'kafka.Kafka', this.#file], {
      outputFile: join(this.#folder, 'output.log'),
      cwd: this.#folder,
    })
  }

  pids(): number[] {
    return this.#child?.isAlive ? [this.#child.pid] : []
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.signal(signal)
  }

  async kill(signal?: NodeJS.Signals): Promise<void> {
    await this.#child?.end(signal)
  }

  answers(ask: () => Promise<void>): Promise<void> {
    if (this.#child === undefined) throw new Error(`Kafka's node ${this.place.id} was never started`)
    return this.#child.answers(`Kafka's node ${this.place.id}`, ask, 60_000)
  }
}
