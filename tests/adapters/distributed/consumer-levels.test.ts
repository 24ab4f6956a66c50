import { expect, test } from 'bun:test'
import { ConsumerLevels } from '../../../src/adapters/distributed/consumer-levels.ts'
import type { Generation } from '../../../src/adapters/distributed/live-consumer.ts'

interface Brokers {
  oldest: Record<number, number>
  ends: Record<number, number>
  committed: Record<number, number>
}

/** A generation whose brokers know these offsets. */
function generationOf({ oldest, ends, committed }: Brokers): Generation {
  const list = (offsets: Record<number, number>, asked: { partition: number }[], none: number) =>
    asked.map(({ partition }) => ({ partition, offset: String(offsets[partition] ?? none) }))
  const cluster = {
    async fetchTopicsOffset([asked]: { partitions: { partition: number }[]; fromBeginning: boolean }[]) {
      return [{ partitions: list(asked?.fromBeginning ? oldest : ends, asked?.partitions ?? [], 0) }]
    },
  }
  const coordinator = {
    async offsetFetch({ topics }: { topics: { partitions: { partition: number }[] }[] }) {
      return { responses: topics.map(({ partitions }) => ({ partitions: list(committed, partitions, -1) })) }
    },
  }
  return { cluster, coordinator: async () => coordinator } as unknown as Generation
}

async function isCaughtUp(levels: ConsumerLevels): Promise<boolean> {
  return Promise.race([levels.caughtUp.then(() => true), Promise.resolve().then(() => false)])
}

test('is caught up once every partition that is still wanted has come to where it ended at first', async () => {
  const levels = new ConsumerLevels('t', 'g')
  levels.want([0, 1, 2, 3])
  // 0 is empty, 1 is committed to its end, 2 is behind, 3 has lost its oldest records and is behind.
  const generation = generationOf({ oldest: { 3: 5 }, ends: { 1: 7, 2: 9, 3: 8 }, committed: { 1: 7, 2: 4 } })
  await levels.readPositions(generation, () => undefined)
  await levels.readEnds(generation)
  expect(levels.lag()).toEqual({ 0: 0, 1: 0, 2: 5, 3: 3 })
  expect(await isCaughtUp(levels)).toBe(false)
  await levels.readEnds(generationOf({ oldest: {}, ends: { 0: 50, 1: 50, 2: 50, 3: 50 }, committed: {} }))
  levels.reached(2, 9)
  expect(await isCaughtUp(levels)).toBe(false)
  levels.want([0, 1, 2])
  expect(await isCaughtUp(levels)).toBe(true)
  expect(levels.lag()).toEqual({ 0: 50, 1: 43, 2: 41, 3: 45 })
  levels.forget(3)
  expect(Object.keys(levels.lag())).toEqual(['0', '1', '2'])
})

test('what was handed over already is no lag, whatever is committed', async () => {
  const levels = new ConsumerLevels('t', 'g')
  levels.want([0])
  const generation = generationOf({ oldest: {}, ends: { 0: 9 }, committed: { 0: 2 } })
  await levels.readPositions(generation, () => 8)
  await levels.readEnds(generation)
  expect(levels.lag()).toEqual({ 0: 1 })
})
