/** The supervisor on a kafkajs that fails as it is told to; with a real one it is in the tests of following. */

import { afterEach, expect, test } from 'bun:test'
import type { Cluster, ConsumerConfig, EachBatchPayload, Kafka, PartitionAssigner } from 'kafkajs'
import type { ConsumerHandlers, Generation } from '../../../src/adapters/distributed/live-consumer.ts'
import { SupervisedConsumer } from '../../../src/adapters/distributed/supervised-consumer.ts'
import { until } from '../../support/until.ts'

type Listener = (event: { payload: unknown }) => void

/** A consumer in the test's hands. */
class FakeConsumer {
  readonly events = {
    HEARTBEAT: 'heartbeat',
    GROUP_JOIN: 'join',
    FETCH: 'fetch',
    CRASH: 'crash',
  }
  readonly left: unknown[] = []
  readonly #listeners = new Map<string, Listener[]>()
  #eachBatch: ((payload: EachBatchPayload) => Promise<void>) | undefined
  readonly cluster: Cluster

  constructor(
    readonly groupId: string,
    private readonly failing: Failing,
    assigners: PartitionAssigner[],
    private readonly memberId: string,
  ) {
    const leaveGroup = async (member: unknown) => void this.left.push(member)
    this.cluster = { findGroupCoordinator: async () => ({ leaveGroup }) } as unknown as Cluster
    assigners[0]?.({ cluster: this.cluster, groupId, logger: {} as never })
  }

  on(name: string, listener: Listener): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
  }

  emit(name: string, payload: unknown = {}): void {
    for (const listener of this.#listeners.get(name) ?? []) listener({ payload })
  }

  async connect(): Promise<void> {
    if (this.failing === 'connect') throw new Error('no broker')
  }

  async subscribe(): Promise<void> {
    if (this.failing === 'subscribe') throw new Error('no topic')
  }

  async run({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void> {
    if (this.failing === 'run') throw new Error('no group')
    this.#eachBatch = eachBatch
    this.emit('join', { memberId: this.memberId, memberAssignment: { t: [0] } })
  }

  disconnect(): Promise<void> {
    return this.failing === 'disconnect' ? new Promise(() => {}) : Promise.resolve()
  }

  deliver(value: string): Promise<void> | undefined {
    return this.#eachBatch?.({ batch: { value, messages: [] } } as unknown as EachBatchPayload)
  }
}

type Failing = 'connect' | 'subscribe' | 'run' | 'disconnect' | undefined

let opened: SupervisedConsumer | undefined
afterEach(() => opened?.close())

function supervise(failing: Failing[], handlers: Partial<ConsumerHandlers> = {}) {
  const consumers: FakeConsumer[] = []
  const asking: FakeConsumer[] = []
  const batches: unknown[] = []
  const errors: string[] = []
  const kafka = {
    consumer({ groupId, partitionAssigners, heartbeatInterval }: ConsumerConfig) {
      // One that only asks for something has no membership to keep.
      const list = heartbeatInterval === undefined ? asking : consumers
      const number = list.length
      const how = list === consumers ? failing[number] : undefined
      const consumer = new FakeConsumer(groupId, how, partitionAssigners ?? [], `member-${number}`)
      list.push(consumer)
      return consumer
    },
  }
  const batch = async ({ batch }: EachBatchPayload) => void batches.push((batch as unknown as { value: string }).value)
  opened = new SupervisedConsumer({
    kafka: kafka as unknown as Kafka,
    topic: 't',
    groupId: 'g',
    handlers: { batch, ...handlers },
    onError: (error) => void errors.push((error as Error).message),
  })
  opened.start()
  return { supervised: opened, consumers, asking, batches, errors }
}

test('starts anew after whatever fails, and tells the first of a row', async () => {
  const { supervised, consumers, errors } = supervise(['connect', 'subscribe', 'run', undefined])
  await supervised.firstJoin
  expect(consumers).toHaveLength(4)
  expect(errors).toEqual(['no broker'])
})

test('a crash ends a generation; what it still delivers is not listened to, and its member is put out', async () => {
  const ended: Generation[] = []
  const { supervised, consumers, asking, batches, errors } = supervise(['disconnect', undefined], {
    ended: (generation) => void ended.push(generation),
  })
  await supervised.firstJoin
  await consumers[0]?.deliver('first')
  consumers[0]?.emit('crash', { error: new Error('gave up') })
  await until(() => ended.length === 1)
  await consumers[0]?.deliver('late')
  consumers[0]?.emit('join', { memberId: 'member-0', memberAssignment: { t: [0] } })
  // Its disconnect never ends.
  await until(() => consumers.length === 2 && supervised.generation?.memberId === 'member-1')
  await consumers[0]?.deliver('later')
  await consumers[1]?.deliver('second')
  expect(batches).toEqual(['first', 'second'])
  expect(errors).toEqual(['gave up'])
  await until(() => asking[0]?.left.length === 1)
  expect(asking[0]?.left).toEqual([{ groupId: 'g', memberId: 'member-0' }])
})

test('each look for the coordinator is a join, and waits for `rejoining`, but for the first and for others’', async () => {
  let rejoins = 0
  const { supervised, consumers } = supervise([undefined], { rejoining: async () => void rejoins++ })
  await supervised.firstJoin
  await supervised.generation?.coordinator()
  expect(rejoins).toBe(0)
  await consumers[0]?.cluster.findGroupCoordinator({ groupId: 'g' })
  expect(rejoins).toBe(1)
})

test('silence ends a generation', async () => {
  const { supervised, consumers, errors } = supervise([undefined, undefined])
  await supervised.firstJoin
  const sinceMs = performance.now()
  const beat = setInterval(() => consumers[0]?.emit('heartbeat'), 200)
  await Bun.sleep(1_000)
  clearInterval(beat)
  await until(() => consumers.length === 2, 'a second consumer', 15_000)
  expect(performance.now() - sinceMs).toBeGreaterThan(8_900)
  expect(errors[0]).toStartWith('nothing was heard of the brokers')
}, 20_000)
