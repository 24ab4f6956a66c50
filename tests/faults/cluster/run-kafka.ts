/** Kafka's nodes die and freeze, five times each. */

import { Kafka, logLevel } from 'kafkajs'
import { LOCATION_TOPIC } from '../../../src/ports/log.ts'
import type { KafkaNode } from '../../services/kafka.ts'
import type { Report } from '../report.ts'
import { percentilesText } from './cluster-load.ts'
import { type Scene, withScene } from './scene.ts'

export const name = 'cluster-kafka'

const ROUNDS = Number(process.env.FAULTS_ROUNDS ?? 5)

export function run(report: Report): Promise<void> {
  return withScene(report, { kafkaNodes: 3, settleMs: 20_000 }, async (scene) => {
    for (let round = 1; round <= ROUNDS; round++) {
      await fault(report, scene, `${round}: kill -9 of a leader`, 5_000, async () => {
        const node = await leaderNode(scene)
        await node.kill()
        return () => node.restart()
      })
      await fault(report, scene, `${round}: SIGSTOP of a leader`, 8_000, async () => {
        const node = await leaderNode(scene)
        node.pause()
        return async () => node.resume()
      })
      await fault(report, scene, `${round}: kill -9 of the coordinator`, 5_000, async () => {
        const node = await coordinatorNode(scene)
        await node.kill()
        return () => node.restart()
      })
      await allDown(report, scene, round)
    }
  })
}

/** Breaks one node, waits until all viewers are live, and mends it. */
async function fault(
  report: Report,
  scene: Scene,
  what: string,
  limitMs: number,
  breakIt: () => Promise<() => Promise<void>>,
): Promise<void> {
  const { load } = scene
  await load.untilNewest(30_000)
  report.progress(what)
  load.slow.length = 0
  const fresh = load.untilFresh(limitMs + 10_000)
  const mend = await breakIt()
  const tookMs = await fresh
  const max = tookMs.at(-1) ?? Number.POSITIVE_INFINITY
  report.check(`${what}: deliveries again ≤ ${limitMs / 1_000} s`, max <= limitMs, percentilesText(tookMs))
  checkRefusals(report, scene, what)
  await mend()
  await Bun.sleep(5_000)
}

async function allDown(report: Report, scene: Scene, round: number): Promise<void> {
  const { cluster, load } = scene
  const what = `${round}: all down 30 s`
  await load.untilNewest(30_000)
  report.progress(what)
  load.slow.length = 0
  await cluster.kafka.kill()
  await Bun.sleep(30_000)
  const memory = cluster.processes.map((one) => `${one.name} ${one.rssMb().toFixed(0)}`)
  report.check(
    `${what}: memory is bounded`,
    cluster.processes.every((one) => one.rssMb() < 500),
    memory.join(', '),
  )
  checkRefusals(report, scene, what)
  await cluster.kafka.restart()
  const tookMs = await load.untilFresh(30_000)
  const max = tookMs.at(-1) ?? Number.POSITIVE_INFINITY
  report.check(`${what}: deliveries again ≤ 10 s after all are back`, max <= 10_000, percentilesText(tookMs))
}

/** While the log does not take fixes they are refused in time, and with a time to come back. */
function checkRefusals(report: Report, { load }: Scene, what: string): void {
  const late = load.slow.filter(({ tookMs }) => tookMs > 3_000)
  const refused = load.slow.filter(({ status }) => status === '503').length
  report.check(
    `${what}: no answer takes over 3 s`,
    late.length === 0,
    `${refused} × 503, slowest ${Math.round(Math.max(0, ...load.slow.map(({ tookMs }) => tookMs)))} ms`,
  )
}

/** The node that leads most partitions of fixes. */
async function leaderNode({ cluster }: Scene): Promise<KafkaNode> {
  const leaders = await leadersOf(cluster, LOCATION_TOPIC)
  const counts = cluster.kafka.nodes.map(({ id }) => leaders.filter((leader) => leader === id).length)
  return cluster.kafka.nodes[counts.indexOf(Math.max(...counts))] as KafkaNode
}

const OFFSETS_TOPIC = '__consumer_offsets'

/** The coordinator of a group leads the group's partition of the offsets' topic. */
async function coordinatorNode({ cluster }: Scene): Promise<KafkaNode> {
  const leaders = await leadersOf(cluster, OFFSETS_TOPIC)
  return cluster.kafka.node(leaders[javaHash('zlt-fanout') % leaders.length] as number)
}

/** `Math.abs` of Java's `String.hashCode`, as Kafka finds the partition of a group. */
function javaHash(text: string): number {
  let hash = 0
  for (const char of text) hash = (Math.imul(31, hash) + char.charCodeAt(0)) | 0
  return Math.abs(hash)
}

/** The leader of each partition, by its number. */
function leadersOf(cluster: Scene['cluster'], topic: string): Promise<number[]> {
  return withAdmin(cluster, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const leaders: number[] = []
    for (const { partitionId, leader } of topics[0]?.partitions ?? []) leaders[partitionId] = leader
    return leaders
  })
}

async function withAdmin<T>(
  cluster: Scene['cluster'],
  work: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
): Promise<T> {
  const alive = cluster.kafka.nodes.filter(({ isAlive }) => isAlive).map(({ broker }) => broker)
  const admin = new Kafka({ clientId: 'faults', brokers: alive, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}
