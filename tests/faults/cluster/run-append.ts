/**
 * Appends to Kafka while its leaders are killed and frozen: what is acknowledged is there. And what that hangs on: with
 * kafkajs as it is published and nobody who looks at its answers, records are lost.
 */

import { Kafka, logLevel } from 'kafkajs'
import { RETRY } from '../../../src/adapters/distributed/kafka-client.ts'
import { partitionOf } from '../../../src/adapters/distributed/partitioner.ts'
import { SendLane } from '../../../src/adapters/distributed/send-lane.ts'
import { topicNames } from '../../../src/adapters/distributed/topics.ts'
import type { Entry } from '../../../src/ports/log.ts'
import { NumberedLoad } from '../../adapters/distributed/numbered-load.ts'
import { openKafkaLogAt } from '../../adapters/distributed/open-kafka-log.ts'
import { readTopic } from '../../adapters/distributed/read-topic.ts'
import { unpatchedKafkajs } from '../../adapters/distributed/unpatched-kafkajs.ts'
import { fresh } from '../../contract/recorder.ts'
import { type KafkaNode, type KafkaService, startKafka } from '../../services/kafka.ts'
import type { Report } from '../report.ts'

export const name = 'cluster-append'

const PARTITIONS = 6
const ROUNDS = 3
/** A freeze loses something now and then: rounds go on until one has. */
const PLANTED_ROUNDS = 12
/** Longer than a leader's session, which is 2 s here: so that another leads before it comes back. */
const AWAY_MS = 6_000
/** So that a send is acknowledged however long it takes: what is lost then was acknowledged. */
const PATIENT_MS = 30_000

type Appender = { append(entries: readonly Entry[]): Promise<void>; close(): Promise<void> }

export async function run(report: Report): Promise<void> {
  const kafka = await startKafka({ nodes: 3 })
  const published = await unpatchedKafkajs()
  try {
    for (const how of ['killed', 'frozen'] as const) {
      const rounds: Round[] = []
      for (let i = 0; i < ROUNDS; i++) rounds.push(await round(report, kafka, how, (prefix) => asBuilt(kafka, prefix)))
      const total = (of: (one: Round) => number) => rounds.reduce((sum, one) => sum + of(one), 0)
      const detail = `${total(({ lost }) => lost)} lost, ${total(({ disordered }) => disordered)} out of order`
      const isWhole = rounds.every(({ lost, disordered, stored }) => lost + disordered === 0 && stored > 1_000)
      report.check(`${ROUNDS} leaders ${how}`, isWhole, `${detail} of ${total(({ stored }) => stored)}`)
      const longestMs = Math.max(...rounds.map((one) => one.longestMs))
      report.check(`${ROUNDS} leaders ${how}: nobody waits longer than 3 s`, longestMs < 3_000, `${longestMs} ms`)
    }
    for (const looks of [true, false]) {
      let lost = 0
      for (let i = 0; i < (looks ? 2 * ROUNDS : PLANTED_ROUNDS) && lost === 0; i++) {
        const one = await round(report, kafka, 'frozen', (prefix) => patient(kafka, published.kafkajs, prefix, looks))
        lost += one.lost
      }
      const what = looks
        ? 'unpatched kafkajs, its answers looked at: nothing is lost'
        : 'nobody looks: that is seen here'
      report.check(what, looks === (lost === 0), `${lost} lost`)
    }
  } finally {
    published.remove()
    await kafka.stop()
  }
}

interface Round {
  lost: number
  disordered: number
  stored: number
  longestMs: number
}

async function round(
  report: Report,
  kafka: KafkaService,
  how: 'killed' | 'frozen',
  open: (prefix: string) => Promise<Appender>,
): Promise<Round> {
  const prefix = `${fresh('append')}.`
  const topic = topicNames(prefix).location
  const appender = await open(prefix)
  const load = new NumberedLoad({ append: (entries) => appender.append(entries), keys: 30, atOnce: 3 })
  await Bun.sleep(1_500)
  const leader = await leaderOf(kafka, topic)
  if (how === 'killed') await leader.kill()
  else leader.pause()
  await Bun.sleep(AWAY_MS)
  if (how === 'killed') await leader.restart()
  else leader.resume()
  await Bun.sleep(2_000)
  await load.stop()
  await appender.close()
  const { lost, disordered } = load.debts(await readTopic(kafka.brokers, topic))
  const { stored, longestMs } = load
  report.progress(
    `a leader ${how}: ${stored} acknowledged, ${lost.length} lost, ${JSON.stringify(load.failures)} refused`,
  )
  return { lost: lost.length, disordered: disordered.length, stored, longestMs: Math.round(longestMs) }
}

async function asBuilt(kafka: KafkaService, prefix: string): Promise<Appender> {
  return (await openKafkaLogAt(kafka.brokers, prefix, PARTITIONS)).log
}

/** A lane by kafkajs as it is published; unless it `looks`, it takes every answer for a whole one. */
async function patient(
  kafka: KafkaService,
  { Kafka: Published }: typeof import('kafkajs'),
  prefix: string,
  looks: boolean,
): Promise<Appender> {
  // Makes the topics.
  await (await asBuilt(kafka, prefix)).close()
  const topic = topicNames(prefix).location
  const client = new Published({
    brokers: kafka.brokers,
    requestTimeout: 1_000,
    connectionTimeout: 500,
    retry: RETRY,
    logLevel: logLevel.NOTHING,
  })
  const createPartitioner = () => (sent: { message: { partition?: number } }) => sent.message.partition as number
  const producer = client.producer({ metadataMaxAge: 1_000, retry: RETRY, createPartitioner })
  await producer.connect()
  const lane = new SendLane({
    lingerMs: 2,
    maxBatchBytes: 900_000,
    deadlineMs: PATIENT_MS,
    async send(records) {
      const messages = records.map((record) => ({ ...record, headers: { ...record.headers } }))
      const answer = await producer.send({ topic, acks: -1, timeout: 1_000, messages })
      return looks ? answer : records.map(({ partition }) => ({ partition, errorCode: 0 }))
    },
  })
  return {
    append: (entries) => lane.append(entries.map((one) => ({ ...one, partition: partitionOf(one.key, PARTITIONS) }))),
    async close() {
      await lane.close()
      await producer.disconnect()
    },
  }
}

async function leaderOf(kafka: KafkaService, topic: string): Promise<KafkaNode> {
  const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  await admin.disconnect()
  return kafka.node(topics[0]?.partitions[0]?.leader ?? 0)
}
