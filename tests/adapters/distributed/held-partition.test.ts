import { describe, expect, test } from 'bun:test'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import { HeldPartition } from '../../../src/adapters/distributed/held-partition.ts'
import type { StoredRecord } from '../../../src/ports/log.ts'

const message = (at: number) =>
  ({ offset: String(at), key: null, value: Buffer.from(`v${at}`), timestamp: '7', attributes: 0 }) as KafkaMessage

interface Fetched {
  from: number
  offsets: number[]
  highWatermark?: number
  heartbeat?: () => Promise<void>
}

function payloadOf({ from, offsets, highWatermark, heartbeat = async () => {} }: Fetched) {
  const resolved: number[] = []
  const batch = {
    partition: 3,
    messages: offsets.map(message),
    fetchedOffset: String(from),
    highWatermark: String(highWatermark ?? (offsets.at(-1) ?? from) + 1),
    firstOffset: () => String(offsets[0]),
    lastOffset: () => String(offsets.at(-1)),
  }
  const payload = { batch, heartbeat, resolveOffset: (offset: string) => void resolved.push(Number(offset)) }
  return { payload: payload as unknown as EachBatchPayload, resolved }
}

function hold(onBatch = async (_records: readonly StoredRecord[]) => {}) {
  const handed: number[][] = []
  const errors: unknown[] = []
  const follower = {
    assigned() {},
    async batch(_partition: number, records: readonly StoredRecord[]) {
      handed.push(records.map(({ at }) => at))
      await onBatch(records)
    },
    async revoked() {},
  }
  return { held: new HeldPartition(3, follower, (error) => void errors.push(error)), handed, errors }
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
const always = () => true

describe('handOver', () => {
  test('hands over in portions, in order, and resolves behind each', async () => {
    const { held, handed } = hold()
    const { payload, resolved } = payloadOf({ from: 10, offsets: range(10, 1_100) })
    expect(await held.handOver(payload, always)).toBe(true)
    expect(handed.map(({ length }) => length)).toEqual([500, 500, 100])
    expect(handed.flat()).toEqual(range(10, 1_100))
    expect(resolved).toEqual([509, 1_009, 1_109])
    expect(held.next).toBe(1_110)
  })

  test('leaves out what was handed over before a rejoin, gaps or not', async () => {
    const { held, handed } = hold()
    await held.handOver(payloadOf({ from: 0, offsets: [0, 1, 5, 9] }).payload, always)
    held.rejoined()
    const again = payloadOf({ from: 1, offsets: [1, 5, 9, 12] })
    expect(held.lieOf(again.payload)).toBe('next')
    await held.handOver(again.payload, always)
    held.rejoined()
    const old = payloadOf({ from: 5, offsets: [5, 9, 12], highWatermark: 20 })
    await held.handOver(old.payload, always)
    expect(handed).toEqual([[0, 1, 5, 9], [12]])
    expect(old.resolved).toEqual([12])
  })

  test('goes on after a batch that throws, and tells of it', async () => {
    const { held, handed, errors } = hold(async () => {
      throw new Error('on purpose')
    })
    const { payload, resolved } = payloadOf({ from: 0, offsets: range(0, 600) })
    await held.handOver(payload, always)
    expect([handed.length, errors.length, resolved]).toEqual([2, 2, [499, 599]])
  })

  test('stops when it may not go on, and resolves nothing for a membership that is over', async () => {
    const { held, handed } = hold(async () => {
      held.rejoined()
    })
    const { payload, resolved } = payloadOf({ from: 0, offsets: range(0, 600) })
    expect(await held.handOver(payload, always)).toBe(false)
    expect([handed.length, resolved]).toEqual([1, []])
    const lost = hold()
    const late = payloadOf({ from: 0, offsets: range(0, 600) })
    expect(await lost.held.handOver(late.payload, () => lost.handed.length === 0)).toBe(false)
    expect([lost.handed.length, late.resolved]).toEqual([1, []])
  })

  test('beats during a long batch, and tells kafkajs of an eviction once the batch has settled', async () => {
    const eviction = new Error('evicted')
    let beats = 0
    const { held, handed } = hold(() => new Promise((resolve) => setTimeout(resolve, 1_100)))
    const heartbeat = async () => {
      beats++
      throw eviction
    }
    const { payload, resolved } = payloadOf({ from: 0, offsets: range(0, 600), heartbeat })
    const failure = await held.handOver(payload, always).catch((error) => error)
    expect(failure).toBe(eviction)
    expect([beats, handed.length, resolved]).toEqual([1, 1, [499]])
    await held.idle
  })
})

describe('lieOf', () => {
  async function after(offsets: number[]) {
    const { held } = hold()
    await held.handOver(payloadOf({ from: offsets[0] ?? 0, offsets }).payload, always)
    return held
  }

  test('a first batch tells what the group has committed', () => {
    const { held } = hold()
    expect(held.lieOf(payloadOf({ from: 7, offsets: [9] }).payload)).toBe('next')
    expect([held.committed, held.isCommittedKnown]).toEqual([6, true])
  })

  test('after a join nobody knows what is committed before the first batch', async () => {
    const held = await after([4, 5])
    held.lieOf(payloadOf({ from: 6, offsets: [6] }).payload)
    held.rejoined()
    expect(held.isCommittedKnown).toBe(false)
    held.lieOf(payloadOf({ from: 5, offsets: [5] }).payload)
    expect([held.committed, held.isCommittedKnown]).toEqual([4, true])
  })

  test('a gap is none', async () => {
    const held = await after([4, 5])
    expect(held.lieOf(payloadOf({ from: 6, offsets: [90] }).payload)).toBe('next')
    expect(held.lieOf(payloadOf({ from: 8, offsets: [90] }).payload)).toBe('next')
  })

  test('others who went on meanwhile are noticed after a join', async () => {
    const held = await after([4, 5])
    held.rejoined()
    expect(held.lieOf(payloadOf({ from: 8, offsets: [9] }).payload)).toBe('ahead')
    expect(held.lieOf(payloadOf({ from: 6, offsets: [9] }).payload)).toBe('next')
  })

  test('a topic made anew is noticed, by where it begins or where it ends', async () => {
    const held = await after([4, 5])
    expect(held.lieOf(payloadOf({ from: 0, offsets: [0] }).payload)).toBe('rewound')
    held.rejoined()
    expect(held.lieOf(payloadOf({ from: 0, offsets: [0, 1] }).payload)).toBe('rewound')
    expect(held.lieOf(payloadOf({ from: 0, offsets: range(0, 7) }).payload)).toBe('next')
  })
})
