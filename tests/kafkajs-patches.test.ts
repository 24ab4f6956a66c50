/** Our patches of kafkajs: that they are installed, that they are in a compiled program, and what they are for. */

import { describe, expect, test } from 'bun:test'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { tempFolder } from './support/temp-folder.ts'

const MARKS = [
  'zlt-patch:kafkajs:send-each-partition-until-acknowledged',
  'zlt-patch:kafkajs:check-pending-requests-only-when-pending',
]
const load = createRequire(import.meta.url)
const createSendMessages = load('kafkajs/src/producer/sendMessages')
const RequestQueue = load('kafkajs/src/network/requestQueue')
const createRetrier = load('kafkajs/src/retry')
const logger = { debug() {}, info() {}, warn() {}, error() {} }

test('the installed kafkajs is patched', () => {
  expect([createSendMessages.zltPatch, RequestQueue.zltPatch]).toEqual(MARKS)
})

test('a compiled program has the patches in it', async () => {
  const folder = tempFolder()
  try {
    const entry = folder.file('entry.ts')
    const kafkajs = JSON.stringify(Bun.resolveSync('kafkajs', import.meta.dir))
    await Bun.write(entry, `import { Kafka } from ${kafkajs}\nconsole.log(typeof Kafka)\n`)
    const outfile = folder.file('program')
    const build = Bun.spawn([process.execPath, 'build', '--compile', '--minify', entry, '--outfile', outfile], {
      cwd: join(import.meta.dir, '..'),
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const [code, stderr] = await Promise.all([build.exited, new Response(build.stderr).text()])
    if (code !== 0) throw new Error(stderr)
    const program = Buffer.from(await Bun.file(outfile).arrayBuffer())
    expect(MARKS.map((mark) => program.includes(mark))).toEqual([true, true])
  } finally {
    folder.remove()
  }
}, 60_000)

describe('a send whose second leader dies', () => {
  /** Partitions 0 and 1, led by brokers 1 and 2; broker 2 fails once, and then broker 1 leads both. */
  function twoBrokers() {
    const leaders = [1, 2]
    const stored: Record<number, string[]> = { 0: [], 1: [] }
    let failure: Error | undefined = Object.assign(new Error('gone'), { name: 'KafkaJSConnectionError' })
    const broker = (nodeId: number) => ({
      nodeId,
      async produce({ topicData }: { topicData: TopicData[] }) {
        if (nodeId === 2 && failure !== undefined) {
          const error = failure
          failure = undefined
          leaders[1] = 1
          throw error
        }
        // Later than the other broker's failure, which must wait for it.
        await Bun.sleep(5)
        for (const { partitions } of topicData) {
          for (const { partition, messages } of partitions) {
            stored[partition]?.push(...messages.map(({ value }) => value))
          }
        }
        return {
          topics: topicData.map(({ topic, partitions }) => ({
            topicName: topic,
            partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0 })),
          })),
        }
      },
    })
    const brokers = [broker(1), broker(2)]
    const cluster = {
      async refreshMetadataIfNecessary() {},
      async refreshMetadata() {},
      async addMultipleTargetTopics() {},
      isConnected: () => true,
      removeBroker() {},
      findTopicPartitionMetadata: () => leaders.map((leader, partitionId) => ({ partitionId, leader })),
      findLeaderForPartitions: (_topic: string, partitions: string[]) =>
        Object.groupBy(partitions.map(Number), (partition) => leaders[partition] ?? -1),
      findBroker: async ({ nodeId }: { nodeId: string }) => brokers[Number(nodeId) - 1],
    }
    return { cluster, stored }
  }

  interface TopicData {
    topic: string
    partitions: { partition: number; messages: { value: string }[] }[]
  }

  const eosManager = {
    acquireBrokerLock: async () => {},
    releaseBrokerLock: async () => {},
    isTransactional: () => false,
    getSequence: () => 0,
    updateSequence() {},
    getProducerId: () => -1,
    getProducerEpoch: () => 0,
  }

  test('stores every partition once, and answers for each', async () => {
    const { cluster, stored } = twoBrokers()
    const send = createSendMessages({
      logger,
      cluster,
      partitioner: ({ message }: { message: { partition: number } }) => message.partition,
      eosManager,
      retrier: createRetrier({ initialRetryTime: 1, retries: 3 }),
    })
    const messages = [0, 1].map((partition) => ({ partition, key: 'k', value: `v${partition}` }))
    const answers = await send({ acks: -1, timeout: 1_000, topicMessages: [{ topic: 't', messages }] })
    expect(stored).toEqual({ 0: ['v0'], 1: ['v1'] })
    expect(answers.map(({ partition }: { partition: number }) => partition).sort()).toEqual([0, 1])
  })
})

test('an idle request queue arms no timer; one that is throttled checks when the throttle ends', () => {
  const queue = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1_000, clientId: 'c', broker: 'b', logger })
  queue.checkPendingRequests()
  expect(queue.throttleCheckTimeoutId).toBeNull()
  queue.maybeThrottle(60_000)
  queue.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest() {} })
  expect(queue.throttleCheckTimeoutId).not.toBeNull()
  expect(queue.pending).toHaveLength(1)
  queue.destroy()
})
