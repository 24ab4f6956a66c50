/** Several members of one group, in this process and in others, on a broker that stays. */

import { afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { Kafka, logLevel } from 'kafkajs'
import { fresh } from '../../contract/recorder.ts'
import { sharedKafka } from '../../services/shared-servers.ts'
import { type FollowerChild, startFollowerChild } from '../../support/follower-children.ts'
import { brokenPromises, type GroupMember, heldBy, type MemberEvent, startMember } from '../../support/group-member.ts'
import { type SteadyRecords, startSteadyRecords, undelivered } from '../../support/steady-records.ts'
import { until } from '../../support/until.ts'

const PARTITIONS = 12
let brokers: string[]
let kafka: Kafka
const open: { close(): Promise<void> }[] = []
const children: FollowerChild[] = []
const flows: SteadyRecords[] = []

beforeAll(async () => {
  brokers = (await sharedKafka()).brokers
  kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
}, 60_000)

afterEach(async () => {
  await Promise.all(flows.splice(0).map((flow) => flow.stop()))
  await Promise.all(open.splice(0).map((member) => member.close()))
  await Promise.all(children.splice(0).map((child) => child.kill('SIGKILL')))
})

async function newTopic(): Promise<string> {
  const topic = fresh('group')
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true })
  await admin.disconnect()
  return topic
}

async function committed(group: string, topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin()
  await admin.connect()
  const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  await admin.disconnect()
  return new Map(answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
}

function group(topic: string) {
  const options = (node: string) => ({ brokers, topic, group: topic, node })
  return {
    join(node: string): GroupMember {
      const member = startMember(options(node))
      open.push(member)
      return member
    },
    spawn(node: string, commitEveryMs = 500): FollowerChild {
      const child = startFollowerChild({ ...options(node), commitEveryMs })
      children.push(child)
      return child
    },
    async flow(): Promise<SteadyRecords> {
      const flow = await startSteadyRecords(brokers, topic, PARTITIONS)
      flows.push(flow)
      return flow
    },
  }
}

type Watched = { node: string; events: readonly MemberEvent[] }

const counts = (members: readonly Watched[]) => members.map((member) => heldBy(member).length)
const isShared = (members: readonly Watched[], shares: number[]) => () =>
  counts(members).sort().join() === [...shares].sort().join()
const of = (member: Watched, what: MemberEvent['what'], sinceMs = 0) =>
  member.events.filter((event) => event.what === what && event.ms > sinceMs)

/** How many records came to a member of the group again that had come to one before. */
function repeated(members: readonly Watched[]): number {
  let count = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const seen = new Set<number>()
    const batches = members.flatMap((member) => of(member, 'batch')).filter((event) => event.partition === partition)
    for (const { from = 0, to = -1 } of batches.sort((a, b) => a.ms - b.ms)) {
      for (let at = from; at <= to; at++) {
        if (seen.has(at)) count++
        seen.add(at)
      }
    }
  }
  return count
}

describe('three members', () => {
  test('join and leave: only what must move is told, nothing is lost, next to nothing comes twice', async () => {
    const { join, flow } = group(await newTopic())
    const records = await flow()
    const a = join('a.1')
    await until(isShared([a], [12]), 'a has all')
    const b = join('b.1')
    await until(isShared([a, b], [6, 6]), 'two share')
    const joinMs = Date.now()
    const c = join('c.1')
    await until(isShared([a, b, c], [4, 4, 4]), 'three share')
    expect(of(a, 'revoked', joinMs).length + of(b, 'revoked', joinMs).length).toBe(4)
    expect([...of(a, 'assigned', joinMs), ...of(b, 'assigned', joinMs)]).toEqual([])
    const leaveMs = Date.now()
    await b.close()
    await until(isShared([a, c], [6, 6]), 'two share again')
    expect([...of(a, 'revoked', leaveMs), ...of(c, 'revoked', leaveMs)]).toEqual([])
    await records.stop()
    await until(() => undelivered(records, [a, b, c]).length === 0, 'all delivered')
    expect([a, b, c].flatMap(brokenPromises)).toEqual([])
    expect(repeated([a, b, c])).toBeLessThan(20)
    expect(a.metrics.value('zlt_consumer_rebalances_total')).toBeGreaterThanOrEqual(3)
  }, 60_000)
})

describe('a member that is killed', () => {
  test('is put out by evict: its partitions move within a second or so', async () => {
    const { join, spawn, flow } = group(await newTopic())
    const records = await flow()
    const [a, b, child] = [join('a.1'), join('b.1'), spawn('c.1')]
    await until(isShared([a, b, child], [4, 4, 4]), 'three share')
    await child.kill('SIGKILL')
    const evictMs = Date.now()
    await a.following.evict('c.1')
    await until(isShared([a, b], [6, 6]), 'two share', 4_000)
    // Its session would have held them for 6 s.
    expect(Date.now() - evictMs).toBeLessThan(4_000)
    await a.following.evict('c.1')
    await a.following.evict('nobody.1')
    await records.stop()
    await until(() => undelivered(records, [a, b, child]).length === 0, 'all delivered')
  }, 60_000)

  test('is put out by its own next start', async () => {
    const { join, spawn } = group(await newTopic())
    const [a, child] = [join('a.1'), spawn('c.1000')]
    await until(isShared([a, child], [6, 6]), 'two share')
    await child.kill('SIGKILL')
    const again = join('c.2000')
    await until(isShared([a, again], [6, 6]), 'two share again', 4_000)
  }, 60_000)
})

test('a member that slept through its eviction hears no batch of what it lost, and cannot undo a commit', async () => {
  const topic = await newTopic()
  const { join, spawn, flow } = group(topic)
  const records = await flow()
  // So often that it tries to between coming back and its first batch.
  const [a, sleeper] = [join('a.1'), spawn('s.1', 5)]
  await until(isShared([a, sleeper], [6, 6]), 'two share')
  await until(() => of(sleeper, 'committed').length > 6, 'it has committed')
  await sleeper.kill('SIGSTOP')
  await until(isShared([a], [12]), 'all moved to the other', 12_000)
  const movedMs = Date.now()
  await until(() => new Set(of(a, 'committed', movedMs).map(({ partition }) => partition)).size === 12, 'a commits')
  const before = await committed(topic, topic)
  const wokenMs = Date.now()
  await sleeper.kill('SIGCONT')
  await until(isShared([a, sleeper], [6, 6]), 'two share again')
  await until(() => of(sleeper, 'batch', wokenMs).length > 20, 'it takes its part', 15_000)
  // Once it takes records of a partition, the other takes none any more.
  const taken = new Map<number, number>()
  for (const { partition, ms } of of(sleeper, 'batch', wokenMs))
    taken.set(partition, Math.min(ms, taken.get(partition) ?? ms))
  expect(of(a, 'batch', wokenMs).filter(({ partition, ms }) => ms > (taken.get(partition) ?? ms))).toEqual([])
  expect(brokenPromises(sleeper)).toEqual([])
  const after = await committed(topic, topic)
  for (const [partition, offset] of before) expect(after.get(partition)).toBeGreaterThanOrEqual(offset)
  await records.stop()
  await until(() => undelivered(records, [a, sleeper]).length === 0, 'all delivered')
}, 60_000)

test('a topic made anew is followed from its oldest record, and what is remembered of the former one does not count', async () => {
  const topic = await newTopic()
  const { join, flow } = group(topic)
  const records = await flow()
  const member = join('a.1')
  await until(() => of(member, 'committed').some(({ to = 0 }) => to > 5), 'it has committed')
  await records.stop()
  const admin = kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  const deletedMs = Date.now()
  await until(async () => !(await admin.listTopics()).includes(topic), 'the topic is gone')
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true })
  await admin.disconnect()
  const again = await flow()
  await until(() => [...again.acknowledged.values()].every(({ length }) => length > 0), 'records are stored')
  await again.stop()
  const since = () => [{ events: member.events.filter(({ ms }) => ms > deletedMs) }]
  await until(() => undelivered(again, since()).length === 0, 'all delivered', 20_000)
  expect(brokenPromises(member)).toEqual([])
}, 60_000)

test('the lag of each partition held is measured, and so are fetches', async () => {
  const { join, flow } = group(await newTopic())
  const records = await flow()
  const member = join('a.1')
  await until(() => [...records.acknowledged.values()].every(({ length }) => length > 0), 'records are stored')
  await records.stop()
  const lag = () =>
    [...member.metrics.render().matchAll(/^zlt_consumer_lag\{partition="(\d+)"\} 0$/gm)].map(([, at]) => at)
  await until(() => lag().length === PARTITIONS, 'no lag in any partition')
  expect(member.metrics.value('zlt_consumer_fetches_total')).toBeGreaterThan(0)
}, 60_000)
