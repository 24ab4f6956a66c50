/** What a lane does with a Kafka that answers late, in part, or not at all. */

import { describe, expect, test } from 'bun:test'
import type { LaneRecord } from '../../../src/adapters/distributed/batch-size.ts'
import {
  type LaneEvents,
  type LaneOptions,
  SendLane,
  type SentPartition,
} from '../../../src/adapters/distributed/send-lane.ts'
import { ZltError } from '../../../src/errors.ts'
import { until } from '../../support/until.ts'

const record = (key: string, value: string, partition = 0): LaneRecord => ({ partition, key, value, headers: {} })

/** As kafkajs has them: Kafka's own answer, wrapped. */
function kafkaError(type: string): Error {
  const cause = Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type })
  return Object.assign(new Error('wrapped', { cause }), { name: 'KafkaJSNonRetriableError', retriable: false })
}

/** A topic in memory; `act` decides what becomes of a send. */
class FakeTopic {
  readonly sends: LaneRecord[][] = []
  readonly stored: LaneRecord[] = []
  act: (records: readonly LaneRecord[]) => Promise<readonly SentPartition[]> = async (records) => this.store(records)

  readonly send = (records: readonly LaneRecord[]) => {
    this.sends.push([...records])
    return this.act(records)
  }

  store(records: readonly LaneRecord[]): SentPartition[] {
    this.stored.push(...records)
    return [...new Set(records.map(({ partition }) => partition))].map((partition) => ({ partition, errorCode: 0 }))
  }

  values(key: string): (string | null)[] {
    return this.stored.filter((one) => one.key === key).map(({ value }) => value)
  }
}

function laneTo(topic: FakeTopic, options: Partial<LaneOptions> = {}) {
  return new SendLane({ send: topic.send, lingerMs: 2, maxBatchBytes: 1_000_000, ...options })
}

async function codeOf(work: Promise<void>): Promise<string | undefined> {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  )
  if (error !== undefined && !(error instanceof ZltError)) throw error
  return error?.code
}

describe('group commit', () => {
  test('calls that come together leave together, and while a send is under way the next batch gathers', async () => {
    const topic = new FakeTopic()
    const gate = Promise.withResolvers<void>()
    topic.act = async (records) => {
      if (topic.sends.length === 1) await gate.promise
      return topic.store(records)
    }
    const lane = laneTo(topic)
    const first = [lane.append([record('a', '1')]), lane.append([record('b', '1')])]
    await until(() => topic.sends.length === 1)
    const second = Array.from({ length: 50 }, (_, i) => lane.append([record('a', `${i + 2}`)]))
    await Bun.sleep(20)
    expect(topic.sends.map(({ length }) => length)).toEqual([2])
    gate.resolve()
    await Promise.all([...first, ...second])
    expect(topic.sends.map(({ length }) => length)).toEqual([2, 50])
    expect(topic.values('a')).toEqual(Array.from({ length: 51 }, (_, i) => `${i + 1}`))
  })

  test('a call larger than a send goes in several, with nobody else’s records between', async () => {
    const topic = new FakeTopic()
    const lane = laneTo(topic)
    const many = Array.from({ length: 2_500 }, (_, i) => record('a', `${i}`))
    await Promise.all([lane.append([record('b', 'x')]), lane.append(many), lane.append([record('b', 'y')])])
    expect(topic.sends.map(({ length }) => length)).toEqual([1, 1_000, 1_000, 500, 1])
  })

  test('what waits is bounded, in records and in bytes', async () => {
    for (const bounds of [{ maxWaitingRecords: 10 }, { maxWaitingBytes: 10 * 100 }]) {
      const topic = new FakeTopic()
      const gate = Promise.withResolvers<void>()
      topic.act = async (records) => {
        await gate.promise
        return topic.store(records)
      }
      const lane = laneTo(topic, bounds)
      const calls = [lane.append([record('a', 'x'.repeat(50))])]
      await until(() => topic.sends.length === 1)
      for (let i = 0; i < 30; i++) calls.push(lane.append([record('a', 'x'.repeat(50))]))
      const codes = Promise.all(calls.map(codeOf))
      gate.resolve()
      const refused = (await codes).filter((code) => code === 'overloaded').length
      expect([refused > 15, refused < 30]).toEqual([true, true])
      expect(topic.stored.length).toBe(31 - refused)
    }
  })
})

/** Sends 100 rounds of 4 partitions; each second answer names only some. Counts what was acknowledged and is not stored. */
async function lossesWith(spoil: (answer: SentPartition[], all: SentPartition[]) => SentPartition[]) {
  const topic = new FakeTopic()
  let resent = 0
  topic.act = async (records) => {
    const isPartial = topic.sends.length % 2 === 0
    const kept = isPartial ? records.filter(({ partition }) => partition % 2 === 0) : records
    const all = [...new Set(records.map(({ partition }) => partition))].map((partition) => ({
      partition,
      errorCode: 0,
    }))
    return spoil(topic.store(kept), all)
  }
  const lane = laneTo(topic, { events: { resent: (records) => (resent += records) } })
  const acknowledged: LaneRecord[] = []
  for (let round = 0; round < 100; round++) {
    const records = [0, 1, 2, 3].map((partition) => record(`k${partition}`, `${round}`, partition))
    await Promise.all(records.map((one) => lane.append([one]).then(() => acknowledged.push(one))))
  }
  const lost = acknowledged.filter((one) => !topic.stored.includes(one)).length
  const ordered = ['k0', 'k1', 'k2', 'k3'].every((key) => {
    const values = topic.values(key).map(Number)
    return values.every((value, i) => i === 0 || value >= (values[i - 1] as number))
  })
  return { lost, ordered, resent }
}

describe('an answer that does not name every partition', () => {
  test('the missing ones are sent again, before anything newer', async () => {
    expect(await lossesWith((answer) => answer)).toEqual({ lost: 0, ordered: true, resent: 198 })
  })

  test('without a look at the answer, this test would see the loss', async () => {
    expect((await lossesWith((_answer, all) => all)).lost).toBe(100)
  })

  test('a partition that is named with an error is missing, too', async () => {
    const topic = new FakeTopic()
    topic.act = async (records) => (topic.sends.length === 1 ? [{ partition: 0, errorCode: 7 }] : topic.store(records))
    await laneTo(topic).append([record('a', '1')])
    expect([topic.sends.length, topic.values('a')]).toEqual([2, ['1']])
  })
})

describe('a Kafka that does not answer', () => {
  test('a call is refused at its deadline, the lane waits on, and the late result is dropped', async () => {
    const topic = new FakeTopic()
    const gate = Promise.withResolvers<void>()
    topic.act = async (records) => {
      if (topic.sends.length === 1) await gate.promise
      return topic.store(records)
    }
    const events: string[] = []
    const told: LaneEvents = { stored: () => events.push('stored'), timedOut: () => events.push('timed out') }
    const lane = laneTo(topic, { deadlineMs: 200, events: told })
    const startedMs = performance.now()
    expect(await codeOf(lane.append([record('a', 'first')]))).toBe('log_unavailable')
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    expect(lane.stuckMs()).toBeGreaterThan(150)
    // Given up while it waited: never sent, not even later.
    expect(await codeOf(lane.append([record('a', 'second')]))).toBe('log_unavailable')
    expect(lane.waitingRecords).toBe(0)
    const third = lane.append([record('a', 'third')])
    expect(topic.sends.length).toBe(1)
    gate.resolve()
    await third
    expect(topic.values('a')).toEqual(['first', 'third'])
    expect(events).toEqual(['timed out', 'timed out', 'stored'])
    await until(() => lane.stuckMs() === 0)
  })

  test('a failure is told in our words and says when to come again', async () => {
    const topic = new FakeTopic()
    topic.act = async () => {
      throw kafkaError('NOT_ENOUGH_REPLICAS')
    }
    const lane = laneTo(topic)
    const failure = await lane.append([record('a', '1')]).catch((error) => error)
    expect(failure).toBeInstanceOf(ZltError)
    expect([failure.code, failure.retryAfterMs]).toEqual(['log_unavailable', 1_000])
    topic.act = async (records) => topic.store(records)
    await lane.append([record('a', '2')])
    expect(topic.values('a')).toEqual(['2'])
  })

  test('closing answers every call, and takes no more', async () => {
    const topic = new FakeTopic()
    topic.act = () => new Promise(() => {})
    const lane = laneTo(topic, { deadlineMs: 100 })
    const codes = [codeOf(lane.append([record('a', '1')])), codeOf(lane.append([record('a', '2')]))]
    await lane.close()
    expect(await Promise.all(codes)).toEqual(['log_unavailable', 'log_unavailable'])
    expect(await codeOf(lane.append([record('a', '3')]))).toBe('log_unavailable')
  })
})

describe('what Kafka refuses for good', () => {
  test('fails the call that is to blame, and no other', async () => {
    const topic = new FakeTopic()
    topic.act = async (records) => {
      if (records.some(({ value }) => value === 'bad')) throw kafkaError('MESSAGE_TOO_LARGE')
      return topic.store(records)
    }
    const lane = laneTo(topic)
    const values = ['1', 'bad', '2', '3', 'bad', '4']
    const codes = await Promise.all(values.map((value) => codeOf(lane.append([record('a', value)]))))
    expect(codes).toEqual([undefined, 'body_too_large', undefined, undefined, 'body_too_large', undefined])
    expect(topic.values('a')).toEqual(['1', '2', '3', '4'])
  })

  test('is found among many calls in a few sends, and their order is kept', async () => {
    const topic = new FakeTopic()
    topic.act = async (records) => {
      if (records.some(({ value }) => value === '700')) throw kafkaError('MESSAGE_TOO_LARGE')
      return topic.store(records)
    }
    const lane = laneTo(topic)
    const values = Array.from({ length: 1_000 }, (_, i) => String(i))
    const codes = await Promise.all(values.map((value) => codeOf(lane.append([record('a', value)]))))
    expect(codes.filter((code) => code !== undefined)).toEqual(['body_too_large'])
    expect(topic.values('a')).toEqual(values.filter((value) => value !== '700'))
    expect(topic.sends.length).toBeLessThan(25)
  })

  test('a record larger than the topic takes does not leave', async () => {
    const topic = new FakeTopic()
    const lane = laneTo(topic, { maxBatchBytes: 1_000 })
    expect(await codeOf(lane.append([record('a', 'ü'.repeat(500))]))).toBe('body_too_large')
    await lane.append([record('a', 'u'.repeat(500))])
    expect(topic.sends.length).toBe(1)
  })
})
