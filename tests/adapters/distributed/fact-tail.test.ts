/** What a tail does when its topic breaks, is emptied, or tells nothing. */

import { afterEach, describe, expect, test } from 'bun:test'
import { FactTail } from '../../../src/adapters/distributed/fact-tail.ts'
import type { FetchedRecord } from '../../../src/adapters/distributed/kafka-cluster.ts'
import {
  type Fetched,
  OffsetGoneError,
  type PartitionReader,
} from '../../../src/adapters/distributed/partition-reader.ts'
import { until } from '../../support/until.ts'

/** A partition in memory, as a reader sees it. */
class FakePartition {
  clusterId = 'one'
  low = 0
  high = 0
  records: FetchedRecord[] = []
  readers = 0
  /** What happens to the next requests, one each. */
  readonly failures: Error[] = []
  isFrozen = false
  isAway = false

  add(key: string | null, value: string | null, at = this.high): void {
    const buffer = (text: string | null) => (text === null ? null : Buffer.from(text))
    const timestamp = String(1_000 + Math.floor(Math.random() * 1e9))
    this.records.push({ offset: String(at), key: buffer(key), value: buffer(value), timestamp, isControlRecord: false })
    this.high = at + 1
  }

  empty(): void {
    this.records = []
    this.high = this.low = 0
  }

  open(): PartitionReader {
    this.readers++
    const answer = async () => {
      const failure = this.isAway ? new Error('away') : this.failures.shift()
      if (failure !== undefined) throw failure
    }
    const fetch = async (offset: number): Promise<Fetched> => {
      await answer()
      if (this.isFrozen) await new Promise(() => {})
      if (offset > this.high || offset < this.low) throw new OffsetGoneError()
      const records = this.records.filter((one) => Number(one.offset) >= offset)
      if (records.length === 0) await Bun.sleep(2)
      return { records, high: this.high }
    }
    return {
      clusterId: this.clusterId,
      connect: answer,
      bounds: async () => ({ low: this.low, high: this.high }),
      fetch,
      disconnect: async () => {},
    } as unknown as PartitionReader
  }
}

const tails: FactTail[] = []
afterEach(async () => {
  await Promise.all(tails.splice(0).map((tail) => tail.close()))
})

function tailOf(partition: FakePartition) {
  const told: string[] = []
  const errors: unknown[] = []
  const tail = new FactTail({
    topic: 'facts',
    openReader: () => partition.open(),
    onFact: (key, value) => void told.push(`${key}=${value}`),
    onError: (error) => void errors.push(error),
  })
  tails.push(tail)
  return { tail, told, errors }
}

describe('the first pass', () => {
  test('ends at once where there is nothing', async () => {
    const { tail, told } = tailOf(new FakePartition())
    await tail.caughtUp()
    expect(told).toEqual([])
  })

  test('ends where the topic ended, also where compaction has left holes and nothing at the end', async () => {
    const partition = new FakePartition()
    partition.add('a', '1', 3)
    partition.add('b', null, 90)
    partition.high = 100
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    expect(told).toEqual(['a=1', 'b=null'])
    partition.add('c', '3')
    await until(() => told.length === 3)
  })

  test('goes on over failures, and reports a row of them once', async () => {
    const partition = new FakePartition()
    partition.add('a', '1')
    partition.failures.push(new Error('away'), new Error('away'), new Error('away'))
    const { tail, told, errors } = tailOf(partition)
    await tail.caughtUp()
    expect([told, errors.length, partition.readers]).toEqual([['a=1'], 1, 4])
  })

  test('is given up when it is closed before its end', async () => {
    const partition = new FakePartition()
    partition.add('a', '1')
    partition.isFrozen = true
    const { tail } = tailOf(partition)
    const failure = tail.caughtUp().catch((error) => error.code)
    await tail.close()
    expect(await failure).toBe('log_unavailable')
  })
})

describe('afterwards', () => {
  test('a broken connection costs nothing and repeats nothing', async () => {
    const partition = new FakePartition()
    partition.add('a', '1')
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    partition.failures.push(new Error('reset'))
    await until(() => partition.readers === 2)
    partition.add('a', '2')
    await until(() => told.length === 2)
    expect(told).toEqual(['a=1', 'a=2'])
  })

  test('records without a key are nobody’s', async () => {
    const partition = new FakePartition()
    partition.add(null, 'x')
    partition.add('a', '1')
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    expect(told).toEqual(['a=1'])
  })

  test('an emptied topic is read from its beginning', async () => {
    const partition = new FakePartition()
    for (let i = 0; i < 10; i++) partition.add('a', `${i}`)
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    partition.empty()
    partition.add('a', 'new')
    await until(() => told.at(-1) === 'a=new')
  })

  test('so is one that was made anew, and has grown beyond what was told', async () => {
    const partition = new FakePartition()
    partition.add('a', '1')
    partition.add('a', '2')
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    partition.isAway = true
    await until(() => partition.readers > 1)
    partition.empty()
    for (let i = 0; i < 5; i++) partition.add(`new${i}`, 'x')
    partition.isAway = false
    await until(() => told.includes('new0=x'))
    await until(() => told.at(-1) === 'new4=x')
  })

  test('and one of another cluster', async () => {
    const partition = new FakePartition()
    partition.add('a', '1')
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    partition.add('b', '2')
    await until(() => told.length === 2)
    partition.clusterId = 'two'
    partition.failures.push(new Error('reset'))
    await until(() => told.length === 4)
    expect(told).toEqual(['a=1', 'b=2', 'a=1', 'b=2'])
  })

  test('nothing is told after it was closed', async () => {
    const partition = new FakePartition()
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    void tail.close()
    partition.add('a', '1')
    await tail.close()
    expect(told).toEqual([])
  })
})

describe('how far it is behind', () => {
  test('is counted from the comparison that showed it, until what was there then is told', async () => {
    const partition = new FakePartition()
    partition.add('a', '1')
    const { tail, told } = tailOf(partition)
    await tail.caughtUp()
    tail.compare(1, 1_000)
    expect(tail.behindMs(1_000)).toBe(0)
    partition.isFrozen = true
    await Bun.sleep(10)
    partition.add('a', '2')
    tail.compare(2, 1_000)
    tail.compare(2, 6_000)
    expect(tail.behindMs(31_000)).toBe(30_000)
    partition.isFrozen = false
    await until(() => told.length === 2, 'the second fact')
    expect(tail.behindMs(32_000)).toBe(0)
  })
})
