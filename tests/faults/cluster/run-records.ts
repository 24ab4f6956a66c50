/** Other programs at the topic: broken records among good ones, and records of the seed's shape under any key. */

import { Kafka, logLevel, type Producer } from 'kafkajs'
import { openBackend } from '../../../cli/riders/backend.ts'
import { FrameChecker } from '../../../cli/simulate/check-frames.ts'
import { Histogram } from '../../../cli/simulate/histogram.ts'
import { Tally } from '../../../cli/simulate/tally.ts'
import { Viewer } from '../../../cli/simulate/viewer.ts'
import { LOCATION_TOPIC } from '../../../src/ports/log.ts'
import { until } from '../../support/until.ts'
import type { Report } from '../report.ts'
import type { Cluster } from './cluster.ts'
import { withScene } from './scene.ts'
import { readTopic, topicLag } from './topic.ts'

const PHASE_MS = 20_000

export const poison = {
  name: 'cluster-poison',
  run: (report: Report) =>
    withScene(report, {}, async ({ cluster, load }) => {
      const pids = cluster.processes.map(({ pid }) => pid)
      const clean = await phase(load)
      const producer = await producerOf(cluster)
      // The load is 200 fixes a second: two broken ones a second are one in a hundred.
      let sent = 0
      const send = () => producer.send(broken(sent++)).catch((error) => report.progress(String(error)))
      const timer = setInterval(() => void send(), 500)
      const poisoned = await phase(load)
      clearInterval(timer)
      await producer.disconnect()
      await Bun.sleep(2_000)
      const counted = await sumOf(cluster, 'zlt_records_poisoned_total')
      report.check('latency p99 with 1 % of poison < 2 ×', poisoned < 2 * clean, `${clean} → ${poisoned} ms`)
      report.check('every broken record is counted', counted === sent, `${counted} of ${sent}`)
      report.check(
        'no process restarted',
        cluster.processes.every(({ pid }, i) => pid === pids[i]),
      )
      await until(async () => (await topicLag(cluster.kafka.brokers)) < 1_000, 'offsets move', 25_000).then(
        () => report.check('offsets move', true),
        (error) => report.check('offsets move', false, String(error)),
      )
      const rejected = await topicCount(cluster, 'delivery.location.rejected.v1')
      report.check('every broken record is set aside', rejected === sent, `${rejected} of ${sent}`)
    }),
}

/** The p99 of a while, ms. */
async function phase(load: { tally: Tally }): Promise<number> {
  load.tally.latency = new Histogram()
  await Bun.sleep(PHASE_MS)
  return load.tally.latency.summary().p99 ?? Number.NaN
}

function broken(n: number) {
  const values = ['{"partner_id": "dp', 'x'.repeat(900_000), '{"order_id":7,"lat":"north"}', null]
  return {
    topic: LOCATION_TOPIC,
    messages: [{ key: `order-${n % 200}`, value: values[n % values.length] as string | null, headers: { zlt: '1' } }],
  }
}

async function sumOf(cluster: Cluster, name: string): Promise<number> {
  let sum = 0
  for (const one of cluster.fanouts) {
    for (const [metric, value] of await one.metrics()) if (metric.startsWith(name)) sum += value
  }
  return sum
}

async function topicCount(cluster: Cluster, topic: string): Promise<number> {
  const admin = new Kafka({ clientId: 'faults', brokers: cluster.kafka.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  return ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
}

async function producerOf(cluster: Cluster): Promise<Producer> {
  const kafka = new Kafka({ clientId: 'another-program', brokers: cluster.kafka.brokers, logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  return producer
}

export const foreign = {
  name: 'cluster-foreign',
  run: (report: Report) =>
    withScene(report, {}, async ({ cluster }) => {
      const backend = openBackend(cluster.auth.url, await cluster.tokenFor({ role: 'INTERNAL_SERVICE', sub: 'b' }))
      const producer = await producerOf(cluster)
      for (const [n, key] of ['the partner’s id', 'no key', 'the order’s id'].entries()) {
        const [orderId, partnerId] = [`foreign-${n}`, `seed-rider-${n}`]
        await backend.createOrder(orderId, { vehicle: 'car' })
        await backend.assignOrder(orderId, partnerId)
        const viewers = await Promise.all(cluster.fanouts.map(({ url }) => openViewer(cluster, url, orderId)))
        for (let i = 0; i < 5; i++) {
          const value = {
            partner_id: partnerId,
            order_id: orderId,
            lat: 12.97 + i / 1e4,
            lng: 77.59,
            timestamp: Math.floor(Date.now() / 1_000),
          }
          const keyOf = [partnerId, null, orderId][n] as string | null
          await producer.send({ topic: LOCATION_TOPIC, messages: [{ key: keyOf, value: JSON.stringify(value) }] })
          await Bun.sleep(1_100)
        }
        const last = 12.97 + 4 / 1e4
        const shows = () =>
          viewers.filter(({ checker }) => Math.abs((checker.view?.position?.lat ?? 0) - last) < 1e-9).length
        await until(() => shows() === viewers.length, 'all show it', 5_000).catch(() => {})
        report.check(
          `the seed's records keyed by ${key} reach the viewers on every process`,
          shows() === viewers.length,
          `${shows()} of ${viewers.length}`,
        )
        for (const viewer of viewers) viewer.stop()
      }
      await producer.disconnect()
      const moved = await sumOf(cluster, 'zlt_records_moved_total')
      const { moved: inTopic } = await readTopic(cluster.kafka.brokers)
      const times = inTopic.size === 0 ? 0 : Math.max(...inTopic.values())
      report.check(
        'those in another partition were appended anew, each once',
        moved > 0 && inTopic.size === moved && times === 1,
        `${moved} counted, ${inTopic.size} in the topic, the most often ${times} ×`,
      )
    }),
}

async function openViewer(cluster: Cluster, url: string, orderId: string): Promise<Viewer> {
  const token = await cluster.tokenFor({ role: 'CUSTOMER', sub: 'watcher', orders: [orderId] })
  const target = { url: `${url.replace('http', 'ws')}/ws?order_id=${orderId}`, token, refreshToken: async () => token }
  const deps = { tally: new Tally(), startMs: performance.now(), random: Math.random }
  const viewer = new Viewer(deps, target, new FrameChecker(orderId, () => ({ k: 0 })))
  await viewer.start()
  return viewer
}
