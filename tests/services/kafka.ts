/** A real Kafka of one node or three. */

import { freePorts } from './free-ports.ts'
import { guardedFolder } from './guard.ts'
import { kafkaHome, openKafkaHome } from './kafka-home.ts'
import { KafkaProcess } from './kafka-process.ts'
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

/**
 * A node; which one leads a partition is asked by a client. `restart` waits until it and all that run are in sync: it needs
 * a majority of them, so after the end of more `KafkaService.restart` starts all at once.
 */
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
  const nodes: KafkaProcess[] = []
  try {
    const common = { parentFolder: folder.path, properties: options.properties ?? {}, places }
    for (const place of places) nodes.push(new KafkaProcess(home, place, common))
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

async function startAll(nodes: KafkaProcess[]): Promise<void> {
  for (const node of nodes) node.start()
  const [first] = nodes as [KafkaProcess]
  const brokers = nodes.map(({ broker }) => broker)
  await first.answers(() => storeOnAll(brokers, nodes.length))
  const ids = nodes.map(({ place }) => place.id)
  await Promise.all(nodes.map((node) => node.answers(() => expectInSync(node.broker, ids))))
}

function describeNode(node: KafkaProcess, nodes: KafkaProcess[]): KafkaNode {
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
      const ids = nodes.filter((one) => one.isAtWork).map(({ place }) => place.id)
      await node.answers(() => expectInSync(node.broker, ids))
      await node.answers(() => storeOnAll([node.broker], nodes.length))
    },
  }
}
